// A contract with every kind of declaration, for tests that edit one. It has this repository's layout: a package for
// each service, one for the gateway, and a second module for what is imported.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "./repository.ts";

/** Paths of its files. */
export const paths = {
  orders: "proto/acme/orders/v1/orders.proto",
  stock: "proto/acme/stock/v1/stock.proto",
  audit: "proto/acme/audit/v1/audit.proto",
  ordersGateway: "proto/acme/gateway/v1/orders.proto",
  stockGateway: "proto/acme/gateway/v1/stock.proto",
  geo: "third_party/geo/geo/v1/geo.proto",
};

// https://pkg.go.dev/golang.org/x/tools/txtar: each file after a line with its path.
const archive = readFileSync(join(import.meta.dirname, "small-contract.txtar"), "utf8");

/** Returns the contract's files, to edit. */
export const smallContract = (): Files =>
  new Map(
    archive
      .split(/^-- /m)
      .slice(1)
      .map((file) => file.split(" --\n") as [string, string]),
  );

/** Changes a contract's files. */
export type Edit = (files: Files) => void;

/** Returns an edit that replaces the one place in all files where a text occurs. */
export const replace =
  (from: string, to: string): Edit =>
  (files) => {
    const [file, ...others] = [...files].filter(([, text]) => text.includes(from));
    if (file === undefined || others.length > 0 || file[1].split(from).length !== 2) {
      throw new Error(`${JSON.stringify(from)} does not occur exactly once`);
    }
    files.set(file[0], file[1].split(from).join(to));
  };

/** Returns an edit that adds text after the one place where another text occurs. */
export const addAfter = (place: string, text: string): Edit => replace(place, place + text);

/** Returns an edit of one file's text. */
export const editText =
  (path: string, edit: (text: string) => string): Edit =>
  (files) => {
    const text = files.get(path) ?? "";
    const edited = edit(text);
    if (edited === text) {
      throw new Error(`the edit does not change ${path}`);
    }
    files.set(path, edited);
  };

/** Returns an edit that adds declarations to the end of a file. */
export const addTo = (path: string, declarations: string): Edit =>
  editText(path, (text) => `${text}\n${declarations}\n`);

/**
 * Returns an edit that removes a top-level declaration without its comment, or moves it to the end of another file.
 *
 * @param start First line of the declaration.
 */
export const cut =
  (path: string, start: string, to?: string): Edit =>
  (files) => {
    const text = files.get(path) ?? "";
    const [declaration = start] = text.slice(text.indexOf(start)).split(/(?<=^\}\n)/m);
    replace(declaration, "")(files);
    if (to !== undefined) {
      files.set(to, `${files.get(to) ?? headerOf(text)}\n${declaration}`);
    }
  };

/** Returns the syntax, package, imports and options of a file. */
const headerOf = (text: string) => text.split(/^(?=\/\/|service|message|enum)/m)[0] ?? "";

/** Returns an edit that moves a file. */
export const moveFile =
  (from: string, to: string): Edit =>
  (files) => {
    files.set(to, files.get(from) ?? "");
    files.delete(from);
  };
