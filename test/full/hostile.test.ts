import { testHostileBytes } from "../support/hostile-tests.js";

testHostileBytes(10, Math.floor(Math.random() * 2 ** 31), 100_000);
