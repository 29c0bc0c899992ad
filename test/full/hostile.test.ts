import { testHostileBytes } from "../support/hostile-tests.js";

testHostileBytes(11, Math.floor(Math.random() * 2 ** 31), 100_000);
