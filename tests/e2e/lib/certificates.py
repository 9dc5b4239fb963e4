"""Certificates made by openssl while the tests run, and what a TLS server shows of its own."""

import os
import re
import shutil
import subprocess


def _openssl(*arguments, stdin=""):
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, text=True,
                          timeout=30, check=False)
    return done


def _make(*arguments):
    done = _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", *arguments)
    assert done.returncode == 0, done.stderr


class Certificate:
    def __init__(self, stem):
        self.certificate = f"{stem}.crt"
        self.key = f"{stem}.key"

    def fingerprint(self):
        return _fingerprint(_openssl("x509", "-in", self.certificate, "-noout", "-fingerprint",
                                     "-sha256"))

    def replace(self, other):
        """Puts the other's files in the place of these, each at once, as certbot does."""
        for mine, new in ((self.key, other.key), (self.certificate, other.certificate)):
            shutil.copyfile(new, mine + ".new")
            os.rename(mine + ".new", mine)


class Authority:
    def __init__(self, folder, name="ca"):
        self._folder = str(folder)
        os.makedirs(self._folder, exist_ok=True)
        self._own = Certificate(os.path.join(self._folder, name))
        _make("-subj", f"/CN=e2e {name}", "-keyout", self._own.key, "-out", self._own.certificate)

    @property
    def file(self):
        return self._own.certificate

    def issue(self, stem, *names):
        """A certificate for host names or IP addresses."""
        made = Certificate(os.path.join(self._folder, stem))
        alternatives = ",".join(("IP:" if re.fullmatch(r"[\d.]+", name) else "DNS:") + name
                                for name in names)
        _make("-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={alternatives}",
              "-addext", "basicConstraints=critical,CA:FALSE", "-CA", self.file, "-CAkey",
              self._own.key, "-keyout", made.key, "-out", made.certificate)
        return made


def shown_by(port, server_name=None, *options):
    """The fingerprint of the certificate that a TLS server shows, or None when it shows none."""
    name = ["-servername", server_name] if server_name else ["-noservername"]
    done = _openssl("s_client", "-connect", f"127.0.0.1:{port}", *name, *options)
    if "BEGIN CERTIFICATE" not in done.stdout:
        return None
    return _fingerprint(_openssl("x509", "-noout", "-fingerprint", "-sha256", stdin=done.stdout))


def _fingerprint(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split("=", 1)[1]
