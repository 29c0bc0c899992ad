import { testGate } from "../support/gate.js";
import { mutations } from "../support/mutations.js";

testGate(mutations);
