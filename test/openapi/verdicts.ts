// What readers take, and what is valid: JSON of the fields of test/openapi/kinds.proto.

/** JSON of a field, by what happens to it. */
export interface Verdicts {
  /** It is valid, and both readers take it. */
  valid: string[];
  /** It is not valid, and both readers refuse it. */
  refused?: string[];
  /** It is not valid, because it is not the canonical form, but both readers take it. */
  both?: string[];
  /** It is not valid, but protobuf-es takes it. */
  es?: string[];
  /** It is not valid, but Go takes it. */
  go?: string[];
  /** It is valid, but a reader refuses it: JSON Schema cannot express the rule, which the document states in these words. */
  unexpressed?: Record<string, string>;
}

/** By the field's JSON name. The empty name stands for the whole message. */
export const verdicts: Record<string, Verdicts> = {
  int32: {
    valid: ["0", "-2147483648", "2147483647", "1.0", "1e2", "-0"],
    refused: ["2147483648", "-2147483649", "1.5", "true", "[]", "{}", '" 1"', '""', '"x"', '"2147483648"'],
    both: ['"1"', '"1e2"', '"1.0"', "null"],
  },
  uint32: {
    valid: ["4294967295"],
    refused: ["-1", "4294967296"],
    both: ['"4294967295"'],
  },
  sint32: {
    valid: ["-2147483648"],
    refused: ["2147483648"],
  },
  fixed32: {
    valid: ["4294967295"],
    refused: ["-1"],
  },
  sfixed32: {
    valid: ["-2147483648"],
    refused: ["-2147483649"],
  },
  int64: {
    valid: ['"-9223372036854775808"', '"9223372036854775807"', '"0"'],
    refused: ['"9223372036854775808"', '"-9223372036854775809"', "1.5", '""', "true", "[]"],
    both: ["1", "-1", "1.0", "9007199254740993", "1e3", '"-0"', "null"],
    es: ['"01"', '"+1"', '" 1"', '"0x1"'],
    go: ['"1.0"', '"1e3"'],
  },
  uint64: {
    valid: ['"18446744073709551615"'],
    refused: ['"18446744073709551616"', '"-1"', "-1"],
    both: ["1"],
  },
  sint64: {
    valid: ['"-9223372036854775808"'],
    refused: ['"9223372036854775808"'],
  },
  fixed64: {
    valid: ['"18446744073709551615"'],
    refused: ['"-1"'],
  },
  sfixed64: {
    valid: ['"-9223372036854775808"'],
    refused: ['"-9223372036854775809"'],
  },
  float: {
    valid: ["0.5", "1e-60", "3.4028235e38", "-3.4028235e38", '"NaN"', '"Infinity"', '"-Infinity"'],
    refused: ["3.5e38", "-3.5e38", '"nan"', '"inf"', '"infinity"', '"+Infinity"', '""', '" 1"', "true", "{}"],
    both: ["3.4028235677e38", '"0.5"', '"1e2"', "null"],
  },
  double: {
    valid: ["1.7976931348623157e308", "-1.7976931348623157e308", "5e-324", '"NaN"'],
    refused: ["1e400", "-1e400", '"nan"', '"-infinity"', '"1e400"', '""', "false", "[]"],
    both: ['"1.5"'],
  },
  bool: {
    valid: ["true", "false"],
    refused: ['"true"', "1", "0", '"TRUE"', '""'],
    both: ["null"],
  },
  string: {
    valid: ['"x"', '"\\u0000"', '"\\ud83d\\ude00"'],
    refused: ["1", "true", "[]", "{}"],
    both: ["null"],
    unexpressed: { '"\\ud800"': "strings must be valid Unicode" },
  },
  bytes: {
    valid: ['""', '"AA=="', '"AAA="', '"AAAA"', '"+/8="'],
    refused: ['"A"', '"é"', "1", "[0]"],
    both: ['"AB=="', '"AAB="', '"-_8="', '"AA"', '"-_8"', '"AAAA\\n"', "null"],
    es: ['"A==="', '"AA="', '"AA==="', '"A A="'],
  },
  color: {
    valid: ['"COLOR_RED"', '"COLOR_UNSPECIFIED"', "7", "-2147483648"],
    refused: ["2147483648", "-2147483649", "1.5", "true", "[]"],
    both: ["1", "0", "1.0", '"1"', '"COLOR_GREEN"', '"color_red"', '""', "null"],
  },
  twin: {
    valid: ['"TWIN_FIRST"', '"TWIN_PRIMARY"'],
    both: ["1"],
  },
  nothing: {
    valid: ["null"],
    refused: ["false"],
    both: ['"NULL_VALUE"', "0", "1", '""'],
  },
  leaf: {
    valid: ["{}", '{"text":"x"}', '{"unknown":1}', '{"signedNumber":1}', '{"signed_number":1}'],
    refused: ['""', "1", "[]", "true"],
    both: ["null", '{"text":null}'],
    unexpressed: {
      '{"signed_number":"x"}': "`page_size` is `pageSize` in JSON. Such names are read too",
      '{"signedNumber":1,"signed_number":1}': "no field may be there twice",
    },
  },
  timestamp: {
    valid: [
      '"2026-01-31T12:00:00Z"',
      '"0001-01-01T00:00:00Z"',
      '"9999-12-31T23:59:59.999999999Z"',
      '"2024-02-29T00:00:00.100Z"',
      '"2024-02-29T00:00:00.000100Z"',
    ],
    refused: [
      '"0000-12-31T23:59:59Z"',
      '"10000-01-01T00:00:00Z"',
      '"2026-13-01T00:00:00Z"',
      '"2026-00-01T00:00:00Z"',
      '"2026-01-32T00:00:00Z"',
      '"2026-01-31T23:60:00Z"',
      '"2026-01-31T23:59:60Z"',
      '"2026-06-30T23:59:60Z"',
      '"2026-01-31T12:00:00"',
      '"2026-01-31 12:00:00Z"',
      '"2026-01-31t12:00:00z"',
      '"2026-01-31"',
      '"2026-1-31T12:00:00Z"',
      '"2026-01-31T12:00:00.1234567890Z"',
      '"2026-01-31T12:00:00+0100"',
      '""',
      "0",
      "{}",
      '{"seconds":1}',
    ],
    both: [
      '"2026-01-31T12:00:00.1Z"',
      '"2026-01-31T12:00:00+01:00"',
      '"2026-01-31T12:00:00.000000+00:00"',
      '"2026-01-31T12:00:00-00:00"',
      "null",
    ],
    es: [
      '"2026-02-29T00:00:00Z"',
      '"2026-02-30T00:00:00Z"',
      '"2026-04-31T00:00:00Z"',
      '"2026-01-31T24:00:00Z"',
    ],
    go: ['"2026-01-31T12:00:00,100Z"', '"2026-01-31T12:00:00+24:00"'],
  },
  duration: {
    valid: [
      '"0s"',
      '"1s"',
      '"-1s"',
      '"1.500s"',
      '"-0.000000001s"',
      '"315576000000s"',
      '"-315576000000s"',
      '"315576000000.999999999s"',
      '"-0s"',
    ],
    refused: [
      '"315576000001s"',
      '"-315576000001s"',
      '"315576000001.000s"',
      '"1"',
      '"s"',
      '""',
      '"1m"',
      '"1S"',
      '" 1s"',
      '"1e2s"',
      '"1.0000000000s"',
      '"1.1234567890s"',
      '"--1s"',
      '"NaN"',
      "1",
      "{}",
      '{"seconds":"1"}',
    ],
    both: ['"1.5s"', '"1.50s"', "null"],
    es: ['"01s"', '"1s "', '"1s\\n"'],
    go: ['"1.s"', '".5s"', '"-.5s"', '"+1s"'],
  },
  mask: {
    valid: [
      '""',
      '"name"',
      '"displayName,owner.displayName"',
      '"A"',
      '"a1"',
      '"a.b.c"',
      '"a1b"',
      '"doesNotExist"',
    ],
    refused: ['"display_name"', '"_a"', "1", "[]", '{"paths":["name"]}'],
    both: ["null"],
    es: [
      '"a,"',
      '",a"',
      '"a,,b"',
      '"a."',
      '".a"',
      '"a..b"',
      '"a b"',
      '"a, b"',
      '"1a"',
      '"a.1"',
      '"a-b"',
      '"*"',
      '"é"',
    ],
  },
  struct: {
    valid: ["{}", '{"a":null,"b":[1,"x",true,{}]}'],
    refused: ["[]", '"x"', "1"],
    both: ["null"],
  },
  value: {
    valid: ["null", "1", '"x"', "[]", "{}"],
    unexpressed: {
      "1e400": "numbers must be within the range of a `double`",
      [`${"[".repeat(101)}${"]".repeat(101)}`]: "messages nest at most 100 levels deep",
    },
  },
  list: {
    valid: ["[]", "[null,1]"],
    refused: ["{}", '"x"'],
    both: ["null"],
  },
  any: {
    valid: [
      "{}",
      '{"@type":"type.googleapis.com/kinds.Leaf"}',
      '{"@type":"type.googleapis.com/kinds.Leaf","text":"x"}',
      '{"@type":"https://a.example/b/kinds.Leaf"}',
      '{"@type":"/kinds.Leaf"}',
      '{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}',
    ],
    refused: ['{"@type":""}', '{"@type":"type.googleapis.com/"}', '{"@type":1}', '""', "[]"],
    both: ['{"@type":"kinds.Leaf"}', "null"],
    go: ['{"text":"x"}'],
    unexpressed: {
      '{"@type":"type.googleapis.com/not.Known"}': "an Any must have a type that the server knows",
      '{"@type":"type.googleapis.com/kinds.Leaf","text":1}': "its content must be a message of that type",
      '{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1"}':
        "its content must be a message of that type",
      '{"@type":"type.googleapis.com/google.protobuf.Duration"}':
        "its content must be a message of that type",
    },
  },
  empty: {
    valid: ["{}"],
    refused: ["[]", '""'],
    both: ["null"],
  },
  boolValue: {
    valid: ["true"],
    refused: ['"true"', "1"],
    both: ["null"],
  },
  int32Value: {
    valid: ["1"],
    refused: ["2147483648", '{"value":1}'],
    both: ['"1"'],
  },
  uint32Value: {
    valid: ["1"],
    refused: ["-1"],
  },
  int64Value: {
    valid: ['"1"'],
    refused: ['"9223372036854775808"'],
    both: ["1"],
  },
  uint64Value: {
    valid: ['"1"'],
    refused: ['"-1"'],
  },
  floatValue: {
    valid: ["1", '"NaN"'],
    refused: ["3.5e38"],
  },
  doubleValue: {
    valid: ["1", '"Infinity"'],
    refused: ['"inf"'],
  },
  stringValue: {
    valid: ['"x"'],
    refused: ["1"],
    both: ["null"],
  },
  bytesValue: {
    valid: ['"AA=="'],
    refused: ['"A"'],
    both: ['"AA"'],
  },
  numbers: {
    valid: ["[]", "[1]"],
    refused: ["[1.5]", "[null]", "1", "{}"],
    both: ['["1"]', "null"],
  },
  colors: {
    valid: ['["COLOR_RED",7]'],
    refused: ["[null]", "[true]"],
    both: ["[1]", '["COLOR_GREEN"]'],
  },
  leaves: {
    valid: ["[{}]"],
    refused: ["[null]", "[1]", "[[]]"],
  },
  values: {
    valid: ["[null]"],
    refused: ["1"],
    es: ["null"],
  },
  nothings: {
    valid: ["[null]"],
    both: ["[0]"],
  },
  byText: {
    valid: ["{}", '{"":1,"__proto__":2}'],
    refused: ['{"a":null}', '{"a":1.5}', "[]", "1", '[["a",1]]'],
    both: ['{"a":"1"}', "null"],
  },
  byBool: {
    valid: ['{"true":1,"false":1}'],
    refused: ['{"True":1}', '{"1":1}', '{"":1}', '{"yes":1}'],
  },
  byInt32: {
    valid: ['{"-2147483648":1,"0":1,"2147483647":1}'],
    refused: ['{"2147483648":1}', '{"-2147483649":1}', '{" 1":1}', '{"":1}', '{"x":1}', '{"1":1,"01":1}'],
    both: ['{"01":1}', '{"-0":1}', '{"+1":1}'],
    es: ['{"1.0":1}', '{"1e2":1}'],
  },
  byUint32: {
    valid: ['{"4294967295":1}'],
    refused: ['{"4294967296":1}', '{"-1":1}'],
  },
  byInt64: {
    valid: ['{"-9223372036854775808":1,"9223372036854775807":1}'],
    refused: ['{"9223372036854775808":1}', '{"-9223372036854775809":1}', '{"1.0":1}'],
    both: ['{"01":1}', '{"-0":1}'],
  },
  byUint64: {
    valid: ['{"18446744073709551615":1}'],
    refused: ['{"18446744073709551616":1}', '{"-1":1}'],
  },
  colorsByText: {
    valid: ['{"a":"COLOR_RED","b":7}'],
    refused: ['{"a":null}'],
    both: ['{"a":1}', '{"a":"x"}'],
  },
  leavesByText: {
    valid: ['{"a":{}}'],
    refused: ['{"a":null}', '{"a":1}'],
  },
  "": {
    valid: ["{}", '{"first":"x"}', '{"second":1}', '{"third":{}}', '{"unknown":[1]}'],
    refused: [
      "[]",
      '""',
      "1",
      "true",
      '{"first":"x","second":1}',
      '{"second":1,"third":{}}',
      '{"first":"x","third":{}}',
      '{"leaf":{"text":1}}',
    ],
    both: ['{"first":"x","second":null}', '{"first":null}'],
    go: ["null"],
    unexpressed: {
      '{"byText":{},"by_text":{}}': "no field may be there twice",
      '{"first":"x","first":"y"}': "no field may be there twice",
    },
  },
};
