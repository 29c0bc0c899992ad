// Usage: npm run pack:pull-request -- <number> <commit>
// Packs the last build as agynio-api-<version>-pr.<number>.<commit>.tgz, and prints how to install it. The workflow of
// pull requests uploads the tarball as the artifact "package".
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { printStep } from "./lib/cli/github.ts";
import { packPullRequest } from "./lib/package/pack.ts";

const program = npmScript(
  "pack:pull-request",
  "Packs the last build with a version that names a pull request.",
)
  .argument("<number>", "number of the pull request")
  .argument("<commit>", "ID of its last commit")
  .parse();

await runCommand(async (checkout) => {
  const [number = "", commit = ""] = program.args;
  const { filename } = await packPullRequest(checkout, number, commit);
  const { GITHUB_RUN_ID: run, GITHUB_REPOSITORY: repository } = checkout.env;
  const print = printStep(checkout.env);
  print("# Install the package of this pull request:");
  if (run && repository) {
    print(`gh run download ${run} --repo ${repository} --name package`);
  }
  print(`npm install ./${filename}`);
});
