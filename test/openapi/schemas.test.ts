import { create } from "@bufbuild/protobuf";
import { everyField } from "../support/extremes.ts";
import { testSchemas } from "./schema-tests.ts";

testSchemas(["the contract", "a contract in proto2 and editions"], 1, (desc) =>
  [0, 1, 2].map((nth) => create(desc, everyField(desc, nth))),
);
