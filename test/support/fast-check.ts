// fast-check for all tests: they import it from here.
import fc from "fast-check";

// One seed, so that a failure is due to the change that is tested. SEED=2 checks other values.
fc.configureGlobal({ seed: Number(process.env.SEED ?? 1) });
// Shorter than the limit of a test, which would hide the counterexample while fast-check looks for a smaller one.
fc.installGlobalPlugin(fc.interruptAfterTimeLimit(240_000, { failOnInterrupt: true }));

export default fc;
