import { create } from "@bufbuild/protobuf";
import { everyField } from "../support/extremes.ts";
import { testSchemas } from "./schema-tests.ts";

// One seed, so that a failure before a commit is due to the commit.
testSchemas(["the contract", "a contract in proto2 and editions"], { runs: 1, seed: 20_261_123 }, (desc) =>
  [0, 1, 2].map((nth) => create(desc, everyField(desc, nth))),
);
