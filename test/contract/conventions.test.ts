// What the specification of the contract demands by name, and no rule in lint/rules checks.
import { expect, test } from "vitest";
import { contract } from "../support/contract.ts";

test("ValidateServiceToken takes the hash of a token, not the token, and returns the runner", () => {
  const { input, output } =
    contract.getService("agynio.api.runners.v1.RunnersService")?.method.validateServiceToken ?? {};
  const names = input?.fields.map(({ name }) => name);
  expect(names).toContain("token_hash");
  expect(names).not.toContain("service_token");
  expect(output?.field.runner?.message?.typeName).toBe("agynio.api.runners.v1.Runner");
});
