import { tmpdir } from "node:os";

/**
 * Variables for what tests start in folders of their own: the settings of this machine, of a CI job or of a git
 * hook that runs the tests, and a repository that the temporary folder happens to lie in, are none of theirs.
 */
export const isolated: NodeJS.ProcessEnv = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CEILING_DIRECTORIES: tmpdir(),
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GITHUB_ACTIONS: undefined,
  GITHUB_BASE_REF: undefined,
  GITHUB_STEP_SUMMARY: undefined,
  npm_config_loglevel: "notice",
  npm_config_ignore_scripts: "false",
};
