import { extremeMessages } from "../support/extremes.ts";
import { testSchemas } from "./schema-tests.ts";
import { subjectNames } from "./subjects.ts";

testSchemas(subjectNames, { runs: 20 }, extremeMessages);
