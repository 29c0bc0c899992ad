import { extremeMessages } from "../support/extremes.ts";
import { testSchemas } from "./schema-tests.ts";
import { subjectNames } from "./subjects.ts";

testSchemas(subjectNames, 20, extremeMessages);
