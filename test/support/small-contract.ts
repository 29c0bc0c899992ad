// A contract with every kind of declaration, for tests that edit one. It has this repository's layout: a package for
// each service, one for the gateway, and a second module for what is imported.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "./repository.ts";

/** Paths of files that tests edit. */
export const paths = {
  orders: "proto/acme/orders/v1/orders.proto",
  stock: "proto/acme/stock/v1/stock.proto",
  audit: "proto/acme/audit/v1/audit.proto",
  geo: "third_party/geo/geo/v1/geo.proto",
};

// https://pkg.go.dev/golang.org/x/tools/txtar: each file after a line with its path.
const archive = readFileSync(join(import.meta.dirname, "small-contract.txtar"), "utf8");

/** The contract's files. */
export const smallContract: Files = new Map(
  archive
    .split(/^-- /m)
    .slice(1)
    .map((file) => file.split(" --\n") as [string, string]),
);
