// Runs Node-Media-Server as an origin for the tests: nms_origin.js PORT [STREAM…]
// A publish or play of a STREAM that is listed is refused.
// Each event is one line of JSON on the standard output.
'use strict';

const path = require('path');
const NodeMediaServer = require(path.join(__dirname, '..', 'node_modules', 'node-media-server'));

const port = Number(process.argv[2]);
const refused = process.argv.slice(3);

function tell(event) {
  console.log(JSON.stringify(event));
}

const server = new NodeMediaServer({
  logType: 1,
  rtmp: {
    // handed to net.Server.listen(), which takes an object as well as a number
    port: { host: '127.0.0.1', port },
    chunk_size: 60000,
    gop_cache: true,
    ping: 30,
    ping_timeout: 60,
  },
});

for (const name of ['prePublish', 'postPublish', 'donePublish', 'prePlay', 'postPlay', 'donePlay']) {
  server.on(name, (id, streamPath, args) => {
    tell({ event: name, path: streamPath, args });
    if (name.startsWith('pre') && refused.includes(streamPath.split('/').pop())) {
      server.getSession(id).reject();
    }
  });
}

server.run();
server.nrs.tcpServer.on('listening', () => {
  tell({ event: 'listening' });
});
