// Usage: npm run changeset:check
// Says whether the changesets tell of everything that differs from main for those who use the package:
// exits 1 when one is missing or says too little, 2 when it cannot tell.
import { packageName } from "./lib/changesets.ts";
import { npmScript } from "./lib/command.ts";
import { main, UserError } from "./lib/errors.ts";
import { isPublishedByHand } from "./lib/package-changes.ts";
import { describe, findUnreleased, isCovered } from "./lib/unreleased.ts";

npmScript(
  "changeset:check",
  "Says whether the changesets tell of everything that differs from main.",
).parse();

await main(async () => {
  const unreleased = await findUnreleased();
  const { base, needed, saying, changesets } = unreleased;
  if (base.kind === "revision" && (await isPublishedByHand(base.commit))) {
    throw new UserError(
      "published.binpb is the contract of the last release, and nothing but a release changes it.\n" +
        `  Run: git checkout ${base.commit} -- published.binpb`,
    );
  }
  if (base.kind === "nothing") {
    console.log(`no changeset is needed; no earlier contract to compare with: ${base.label}`);
  } else if (needed === undefined) {
    console.log(`no changeset is needed: nothing that reaches the package differs from ${base.label}`);
  } else if (isCovered(unreleased)) {
    console.log(`${describe(unreleased)}\n${saying?.path} says ${saying?.bump}; compared with ${base.label}`);
  } else {
    const silent = changesets.map(({ path }) => `${path} does not name ${packageName()}.\n`);
    const tooLittle = saying
      ? `${saying.path} says ${saying.bump}, which is less than ${needed}.\n`
      : `${silent.join("")}No changeset that is new since ${base.label} says so.\n`;
    const mend =
      needed === "none" ? 'to write one, and set its bump to "none" if the package stays as it was' : "";
    throw new UserError(
      `${describe(unreleased)}\n${tooLittle}  Run: npm run changeset:new${mend && `      ${mend}`}`,
    );
  }
});
