// A schema registry on loopback, with the part of the Buf Schema Registry's API that `buf push` and `buf build` call.
import { createHash, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { outputOf } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { here, root, temporaryFolder } from "../support/repository.ts";

/** Content of files by path. */
type Files = Map<string, Buffer>;

/** A version of a module, which never changes. */
interface Commit {
  id: string;
  files: Files;
  /** IDs of the commits that it depends on. */
  dependencies: string[];
  /** URL of the commit in git. */
  url: string;
  digest: Buffer;
}

interface Module {
  /** Also the ID of its owner. */
  id: string;
  owner: string;
  name: string;
  commits: Commit[];
  /** ID of the commit that each label points to. */
  labels: Map<string, string>;
}

// The requests in protobuf's JSON.
interface Ref {
  id?: string;
  name?: { owner: string; module: string; labelName?: string; ref?: string };
}
interface UploadRequest {
  contents: {
    moduleRef: Ref;
    files: { path: string; content?: string }[];
    scopedLabelRefs: { name: string }[];
    sourceControlUrl?: string;
  }[];
  depCommitIds?: string[];
}

const newId = () => randomUUID().replaceAll("-", "");

const shake256 = (content: string | Uint8Array) =>
  createHash("shake256", { outputLength: 64 }).update(content).digest();

/** Returns the digest b5: https://github.com/bufbuild/buf/blob/main/private/bufpkg/bufmodule/digest.go */
function digestOf(files: Files, dependencies: Commit[]): Buffer {
  const lines = [...files]
    .map(([path, content]) => ({ path, digest: shake256(content).toString("hex") }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, digest }) => `shake256:${digest}  ${path}\n`);
  const digests = dependencies.map(({ digest }) => `b5:${digest.toString("hex")}`).sort();
  return shake256([`shake256:${shake256(lines.join("")).toString("hex")}`, ...digests].join("\n"));
}

/** A registry that accepts one token. */
export class SchemaRegistry {
  /** The token that may push. */
  readonly token = newId();
  /** Names of the RPCs that were called. */
  readonly calls: string[] = [];
  readonly #modules: Module[];
  readonly #server: Server;

  private constructor(names: string[], types: ReturnType<typeof readImage>) {
    this.#modules = names.map((fullName) => {
      const [owner = "", name = ""] = fullName.split("/");
      return { id: newId(), owner, name, commits: [], labels: new Map() };
    });
    const routes = (router: ConnectRouter) => {
      for (const service of [...types].filter((type) => type.kind === "service")) {
        for (const method of service.methods as DescMethodUnary<DescMessage, DescMessage>[]) {
          router.rpc(method, (request, { requestHeader }) => {
            this.calls.push(method.name);
            const mayPush = requestHeader.get("authorization") === `Bearer ${this.token}`;
            return fromJson(method.output, this.#answer(method.name, toJson(method.input, request), mayPush));
          });
        }
      }
    };
    this.#server = createServer(connectNodeAdapter({ routes }));
  }

  /** Starts a registry with modules, named `<owner>/<module>`, that have no commit. */
  static async start(...names: string[]): Promise<SchemaRegistry> {
    const image = join(temporaryFolder(), "image.binpb");
    const built = await buf(here, ["build", join(root, "test/push"), "-o", image]);
    if (built.code !== 0) {
      throw new Error(outputOf(built));
    }
    const registry = new SchemaRegistry(names, readImage(image));
    await new Promise<void>((listening) => registry.#server.listen(0, "localhost", listening));
    return registry;
  }

  /** Host and port. */
  get host(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Returns a module. */
  moduleOf(fullName: string): Module {
    const [owner = "", module = ""] = fullName.split("/");
    return this.#findModule({ name: { owner, module } });
  }

  /** Adds a commit to a module, or returns that with the same content, as the Buf Schema Registry does. */
  add(module: Module, files: Files, more: Partial<Commit> = {}): Commit {
    const { id = newId(), dependencies = [], url = "" } = more;
    const pinned = dependencies.map((dependency) => this.#findCommit({ id: dependency }));
    const digest = digestOf(files, pinned);
    const known = module.commits.find((commit) => commit.digest.equals(digest));
    const commit = known ?? { id, files, dependencies, url, digest };
    if (!known) {
      module.commits.push(commit);
    }
    return commit;
  }

  /** Closes the server. */
  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #findModule({ id, name }: Ref): Module {
    const found = this.#modules.find((module) =>
      name ? module.owner === name.owner && module.name === name.module : module.id === id,
    );
    return found ?? refuse(name ?? id);
  }

  #findCommit({ id, name }: Ref): Commit {
    const module = name && this.#findModule({ name });
    const ref = name?.labelName ?? name?.ref ?? "main";
    const wanted = id ?? module?.labels.get(ref) ?? ref;
    const commits = (module ? [module] : this.#modules).flatMap((candidate) => candidate.commits);
    return commits.find((commit) => commit.id === wanted) ?? refuse(name ?? id);
  }

  #answer(method: string, request: JsonValue, mayPush: boolean): JsonObject {
    const { references = [], values = [] } = request as unknown as {
      references?: Ref[];
      values?: { resourceRef: Ref }[];
    };
    switch (method) {
      case "GetModules": {
        const modules = references.map((ref) => this.#findModule(ref));
        return {
          modules: modules.map(({ id, name }) => ({ id, ownerId: id, name, defaultLabelName: "main" })),
        };
      }
      case "GetOwners": {
        const owners = references.map((ref) => this.#findModule(ref));
        return { owners: owners.map(({ id, owner }) => ({ organization: { id, name: owner } })) };
      }
      case "GetCommits":
        return { commits: references.map((ref) => this.#toProto(this.#findCommit(ref))) };
      case "GetGraph":
        return { graph: this.#graphOf(references.map((ref) => this.#findCommit(ref))) };
      case "Download":
        return { contents: values.map(({ resourceRef }) => this.#contentOf(this.#findCommit(resourceRef))) };
      case "Upload":
        return this.#upload(request as unknown as UploadRequest, mayPush);
      default:
        throw new ConnectError(`the stand-in has no ${method}`, Code.Unimplemented);
    }
  }

  #upload({ contents, depCommitIds: dependencies = [] }: UploadRequest, mayPush: boolean): JsonObject {
    if (!mayPush) {
      throw new ConnectError("this token may not push", Code.PermissionDenied);
    }
    const commits = contents.map(({ moduleRef, files, scopedLabelRefs, sourceControlUrl: url = "" }) => {
      const module = this.#findModule(moduleRef);
      const bytes = files.map(({ path, content = "" }) => [path, Buffer.from(content, "base64")] as const);
      const commit = this.add(module, new Map(bytes), { dependencies, url });
      for (const { name } of scopedLabelRefs) {
        module.labels.set(name, commit.id);
      }
      return this.#toProto(commit);
    });
    return { commits };
  }

  #contentOf(commit: Commit): JsonObject {
    const files = [...commit.files].map(([path, bytes]) => ({ path, content: bytes.toString("base64") }));
    return { commit: this.#toProto(commit), files };
  }

  #graphOf(commits: Commit[]): JsonObject {
    const all = new Set(commits);
    const edges: JsonObject[] = [];
    for (const { id: from, dependencies } of all) {
      for (const id of dependencies) {
        all.add(this.#findCommit({ id }));
        edges.push({ fromNode: { commitId: from }, toNode: { commitId: id } });
      }
    }
    return { commits: [...all].map((commit) => this.#toProto(commit)), edges };
  }

  #toProto(commit: Commit): JsonObject {
    const { id: moduleId } =
      this.#modules.find(({ commits }) => commits.includes(commit)) ?? refuse(commit.id);
    const digest = { type: 1, value: commit.digest.toString("base64") };
    return { id: commit.id, ownerId: moduleId, moduleId, digest, sourceControlUrl: commit.url };
  }
}

function refuse(reference: unknown): never {
  throw new ConnectError(`${JSON.stringify(reference)} was not found`, Code.NotFound);
}
