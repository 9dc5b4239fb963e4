#include "plugins/rtmp/codec/amf0.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp::test {
namespace {

struct ValueRow {
    const char* name;
    const char* bytes;
    bool whole; // one value that takes all bytes; else malformed
};

constexpr ValueRow Values[] = {
    {"Number", "00 3ff0000000000000", true},
    {"NumberCut", "00 3ff00000000000", false},
    {"Boolean", "01 01", true},
    {"String", "02 0003 'abc'", true},
    {"StringCut", "02 0004 'abc'", false},
    {"EmptyString", "02 0000", true},
    {"Null", "05", true},
    {"Undefined", "06", true},
    {"Unsupported", "0d", true},
    {"R13Reference", "07 0001", true},
    {"R13Date", "0b 4272 0000 0000 0000 0000", true},
    {"R13DateCut", "0b 4272 0000 0000 0000 00", false},
    {"R13LongString", "0c 00000003 'abc'", true},
    {"R13LongStringBeyondInput", "0c ffffffff 'abc'", false},
    {"Xml", "0f 00000004 '<a/>'", true},
    {"R13StrictArrayOfStrings", "0a 00000002 02 0004 'hvc1' 02 0004 'av01'", true},
    {"R13StrictArrayEmpty", "0a 00000000", true},
    {"R13StrictArrayNested", "0a 00000001 0a 00000001 05", true},
    {"R13StrictArrayShort", "0a 00000003 05 05", false},
    {"R13StrictArrayHugeCount", "0a ffffffff 05 05", false},
    {"Object", "03 0001 'a' 05 0000 09", true},
    {"ObjectEmpty", "03 0000 09", true},
    {"ObjectWithEmptyKey", "03 0000 05 0000 09", true},
    {"ObjectWithoutEnd", "03 0001 'a' 05", false},
    {"EcmaArrayCountTooBig", "08 000000ff 0001 'a' 05 0000 09", true},
    {"EcmaArrayCountZero", "08 00000000 0001 'a' 05 0000 09", true},
    {"EcmaArrayWithoutEnd", "08 00000001 0001 'a' 05", true},
    {"EcmaArrayCutInKey", "08 00000001 0001", false},
    {"TypedObject", "10 0003 'cls' 0001 'a' 05 0000 09", true},
    {"AvmPlusIsOpaque", "11 0a0b01 ffff", true},
    {"AvmPlusInsideObject", "03 0001 'a' 11 0a0b01", true},
    {"MovieClipRefused", "04", false},
    {"RecordSetRefused", "0e", false},
    {"ObjectEndAlone", "09", false},
    {"UnknownMarker", "12", false},
    {"Nothing", "", false},
};

TEST(Amf0, SkipsEachTypeOfValue) {
    for (const ValueRow& row : Values) {
        const Bytes bytes = hex(row.bytes);
        Amf0Reader reader(bytes);
        EXPECT_EQ(reader.skipValue(), row.whole) << row.name;
        EXPECT_EQ(reader.position(), row.whole ? bytes.size() : 0) << row.name;
    }
}

TEST(Amf0, NeverReadsBeyondACutValue) {
    for (const ValueRow& row : Values) {
        const Bytes whole = hex(row.bytes);
        for (size_t size = 0; size < whole.size(); ++size) {
            const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            Amf0Reader reader(cut);
            reader.skipValue();
            EXPECT_LE(reader.position(), size) << row.name;
            Amf0Fields fields(cut);
            while (fields.next()) {
            }
        }
    }
}

Bytes nested(const char* open, size_t depth, const char* inner, const char* close) {
    Bytes bytes;
    for (size_t i = 0; i < depth; ++i) {
        append(bytes, hex(open));
    }
    append(bytes, hex(inner));
    for (size_t i = 0; i < depth; ++i) {
        append(bytes, hex(close));
    }
    return bytes;
}

TEST(Amf0, R14LimitsNesting) {
    const Bytes deepest = nested("03 0001 'a'", Amf0MaxDepth, "05", "0000 09");
    EXPECT_TRUE(Amf0Reader(deepest).skipValue());
    const Bytes deeper = nested("03 0001 'a'", Amf0MaxDepth + 1, "05", "0000 09");
    EXPECT_FALSE(Amf0Reader(deeper).skipValue());
    const Bytes absurd = nested("0a 00000001", 200000, "05", "");
    EXPECT_FALSE(Amf0Reader(absurd).skipValue());
}

TEST(Amf0, R14LimitsElements) {
    Bytes many = hex("0a 00010000");
    many.resize(many.size() + 0x10000, 5);
    EXPECT_FALSE(Amf0Reader(many).skipValue());
}

TEST(Amf0, FindsFieldsOfConnectWithFourCcList) {
    const Bytes object = hex("03 0003 'app' 02 0004 'live' 000a 'fourCcList' 0a 00000002 "
                             "02 0004 'hvc1' 02 0004 'av01' 0006 'capsEx' 00 402e000000000000 "
                             "0004 'fpad' 01 00 0000 09");
    EXPECT_EQ(amf0StringField(object, "app"), "live");
    EXPECT_EQ(amf0NumberField(object, "capsEx"), 15);
    EXPECT_EQ(amf0BooleanField(object, "fpad"), false);
    EXPECT_EQ(amf0StringField(object, "tcUrl"), std::nullopt);
    EXPECT_EQ(amf0StringField(object, "capsEx"), std::nullopt);
    EXPECT_EQ(amf0Field(object, "fourCcList")->size(), 19U);
}

TEST(Amf0, FieldsOfANonObjectAreNone) {
    EXPECT_FALSE(Amf0Fields(hex("05")).next());
    EXPECT_FALSE(Amf0Fields({}).next());
    EXPECT_FALSE(Amf0Fields(hex("10 00")).next());
    EXPECT_FALSE(Amf0Fields(hex("08 0000")).next());
}

TEST(Amf0, TypedReadsLeaveOtherTypesAlone) {
    const Bytes bytes = hex("05 06 00 4000000000000000 0c 00000002 'ab' 01 02");
    Amf0Reader reader(bytes);
    EXPECT_FALSE(reader.readNumber());
    EXPECT_TRUE(reader.readNull());
    EXPECT_FALSE(reader.readString());
    EXPECT_TRUE(reader.readNull());
    EXPECT_FALSE(reader.readNull());
    EXPECT_EQ(reader.readNumber(), 2);
    EXPECT_EQ(reader.readString(), "ab");
    EXPECT_EQ(reader.readBoolean(), true);
    EXPECT_TRUE(reader.atEnd());
    EXPECT_FALSE(reader.peek());
}

TEST(Amf0, WriterMakesWhatReaderReads) {
    Bytes out;
    const std::string big(70000, 'x');
    Amf0Writer writer(out);
    writer.string("name").number(-2.5).boolean(true).null().undefined().string(big);
    writer.beginObject().key("a").number(1).key("b").beginEcmaArray(1).key("c").null();
    writer.endObject().endObject();

    Amf0Reader reader(out);
    EXPECT_EQ(reader.readString(), "name");
    EXPECT_EQ(reader.readNumber(), -2.5);
    EXPECT_EQ(reader.readBoolean(), true);
    EXPECT_TRUE(reader.readNull());
    EXPECT_TRUE(reader.readNull());
    EXPECT_EQ(reader.readString(), big);
    const auto object = reader.readRaw();
    ASSERT_TRUE(object);
    EXPECT_TRUE(reader.atEnd());
    EXPECT_EQ(amf0NumberField(*object, "a"), 1);
    EXPECT_TRUE(amf0Field(*amf0Field(*object, "b"), "c"));
}

} // namespace
} // namespace srsproxy::rtmp::test
