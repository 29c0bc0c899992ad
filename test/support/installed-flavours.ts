import type { DescMessage } from "@bufbuild/protobuf";
import { Consumer } from "./consumer.js";
import { type Flavour, type FlavourName, importerFiles, loadFlavour, runtimes } from "./flavours.js";

/** Versions by package name, as in a package.json. */
type Versions = Record<string, string>;

/** The package in two projects outside the repository, one for each major version of protobuf-es. */
export class InstalledFlavours {
  private constructor(private readonly consumers: Record<FlavourName, Consumer>) {}

  /**
   * Installs the tarball with each runtime. Takes a few seconds.
   *
   * @param beside Versions of more packages, for the projects of each major version of protobuf-es.
   */
  static async install(beside: { one?: Versions; two?: Versions } = {}): Promise<InstalledFlavours> {
    const [one, two] = await Promise.all([
      Consumer.install({ ...runtimes["connect-v1"], ...beside.one }),
      Consumer.install({ ...runtimes.es, ...runtimes["ts-proto"], ...beside.two }),
    ]);
    one.write(importerFiles);
    two.write(importerFiles);
    return new InstalledFlavours({ es: two, "connect-v1": one, "ts-proto": two });
  }

  /** Absolute path of the project that has a flavour's runtime. */
  folder(name: FlavourName): string {
    return this.consumers[name].folder;
  }

  /** Loads every flavour for the given messages. */
  async load(descs: DescMessage[]): Promise<Record<FlavourName, Flavour>> {
    const [es, connectV1, tsProto] = await Promise.all(
      (["es", "connect-v1", "ts-proto"] as const).map((name) => loadFlavour(name, this.folder(name), descs)),
    );
    return { es, "connect-v1": connectV1, "ts-proto": tsProto } as Record<FlavourName, Flavour>;
  }

  /** Deletes the projects. */
  remove(): void {
    for (const consumer of new Set(Object.values(this.consumers))) {
      consumer.remove();
    }
  }
}
