// Conventions of the contract that no rule in lint/rules checks.
import { expect, test } from "vitest";
import { enums, isOurs, rpcs } from "../support/contract.ts";

/** Converts a name as buf does for ENUM_VALUE_PREFIX: HTTPStatus to HTTP_STATUS. */
const upperSnakeCase = (name: string) =>
  name.replace(/(?<=[a-z])[A-Z]|(?<=.)[A-Z](?=[a-z])/g, "_$&").toUpperCase();

test.each([
  ["WorkloadStatus", "WORKLOAD_STATUS"],
  ["HTTPStatus", "HTTP_STATUS"],
  ["APITokenKind", "API_TOKEN_KIND"],
  ["Sha256Kind", "SHA256_KIND"],
  ["OIDC", "OIDC"],
])("the prefix of the values of %s is %s", (name, prefix) => {
  expect(upperSnakeCase(name)).toBe(prefix);
});

test("values of enums start with the enum's name, and the zero value ends in UNSPECIFIED", () => {
  const ours = enums.filter(isOurs);
  expect(ours).not.toEqual([]);
  for (const { name, values, typeName } of ours) {
    const prefix = upperSnakeCase(name);
    const names = values.map((value) => value.name);
    expect(names, typeName).toEqual(names.map(() => expect.stringMatching(`^${prefix}_`)));
    expect(values.find(({ number }) => number === 0)?.name, typeName).toBe(`${prefix}_UNSPECIFIED`);
  }
});

test("ValidateServiceToken takes only a hash and returns only a resource", () => {
  const validations = rpcs.filter(({ name }) => name === "ValidateServiceToken");
  expect(validations).not.toEqual([]);
  for (const { input, output } of validations) {
    expect(input.fields.map(({ name }) => name)).toEqual(["token_hash"]);
    expect(output.fields.map(({ fieldKind }) => fieldKind)).toEqual(["message"]);
  }
});
