import type { Finding } from "../breaking/findings.ts";
import type { Snapshot } from "../contract/snapshot.ts";

/** What a change is about. An option, a reservation or a comment belongs to the entry's `element`. */
export type Kind =
  | "package"
  | "file"
  | "service"
  | "rpc"
  | "message"
  | "field"
  | "extension"
  | "oneof"
  | "enum"
  | "value"
  | "option"
  | "reserved"
  | "comment";

export type Action = "added" | "removed" | "changed" | "deprecated" | "moved" | "renamed" | "renumbered";

/**
 * What a change means for consumers: `breaking` if a rule of buf's category FILE or of our own forbids it,
 * `documentation` for comments, `addition` for all others.
 */
export type Impact = "breaking" | "addition" | "documentation";

/** The version bump that a diff requires. */
export type Bump = "major" | "minor" | "patch";

/** The differences between two contracts. */
export interface ContractDiff {
  before: Snapshot;
  after: Snapshot;
  /** The names of all packages of both; "" of files that have none. */
  packages: Set<string>;
  /** Undefined if there are no entries. */
  bump: Bump | undefined;
  /** All changes, by package, service and resource. A change that another entry implies has none of its own. */
  entries: Entry[];
}

/** One change of the contract. */
export interface Entry {
  kind: Kind;
  action: Action;
  impact: Impact;
  /** Full name: agynio.api.chat.v1.ChatMessage.body, a package, or a file's path. The new name if it is renamed. */
  element: string;
  /** Package of the element. */
  package: string;
  /** Service of the package that the element is, belongs to, or is used by. */
  service?: string;
  /** Message of the package that the element is about, by the names of the service's RPCs. */
  resource?: string;
  /** Whether a service of a gateway package has or uses it. */
  public: boolean;
  /** Import path of the file that declares the element, or declared it if it is removed. */
  file: string;
  /** The property of the element that changed: "type", "number", "go_package". */
  property?: string;
  /**
   * The earlier value of the property, option, reservation or comment. Of a renamed element, the short name if it has
   * the same parent, else the full name; of a moved file, the path.
   */
  from?: string;
  /** The later value. */
  to?: string;
  /** Number of a field, extension or value; the later one if it changed. */
  number?: number;
  /** Type of a field or extension as a .proto file writes it, with `optional` or `required`; the later one if it changed. */
  type?: string;
  /** Short name of the oneof of an added or removed field. */
  oneof?: string;
  /** Full name of the message that an extension extends. */
  extendee?: string;
  /** Short name of the later element that has the number which a removed or renumbered field or value had. */
  reusedBy?: string;
  /** First sentence of the element's comment, if it has one. */
  comment?: string;
  /** The parts of an added or removed element that have no entry of their own. */
  contents?: Contents;
  /**
   * Why a change whose impact is `breaking` breaks consumers, as `npm run breaking` reports it, with the violations that
   * are about this change. Several entries can share a finding: see `groupBreaks`.
   */
  findings?: Finding[];
}

/** The parts of an element that was added or removed. The names of messages and enums are full names. */
export interface Contents {
  /** Of a service: its RPCs; of an RPC: itself. */
  rpcs?: Rpc[];
  /** Of a service or RPC: messages added or removed with it that nothing else uses. Of a message: those nested in it. */
  messages?: { name: string; fields: Field[] }[];
  /** Of a message. */
  fields?: Field[];
  /** Enums nested in these messages, or in the message itself. */
  enums?: { name: string; values: Value[] }[];
  /** Of an enum. */
  values?: Value[];
  /** Of a oneof: the names of its fields. */
  members?: string[];
  /** Of a package or file: the number of top-level declarations by kind, and of RPCs. */
  counts?: Partial<Record<Kind, number>>;
}

export interface Rpc {
  /** Short name. */
  name: string;
  /** Full name of the message, after "stream " if it is streamed. */
  request: string;
  response: string;
  resource?: string;
  /** First sentence. */
  comment?: string;
}

export interface Value {
  name: string;
  number: number;
}

export interface Field extends Value {
  type: string;
}
