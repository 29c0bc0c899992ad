// Recognizes the fields that hold secrets.
import { type DescField, type DescMessage, isFieldSet } from "@bufbuild/protobuf";
import { FieldOptionsSchema } from "@bufbuild/protobuf/wkt";
import { commentOf, elementType, nameInPackage, typeOf } from "../../scripts/lib/contract/descriptors.ts";
import { headOf, snakeCase } from "./vocabulary.ts";

/** A secret that a field holds. */
export interface Secret {
  /** Plaintext that gives access, the hash of such plaintext, or another secret, such as a signed URL. */
  kind: "credential" | "hash" | "other";
  /** What states that the field is a secret. */
  source: "name" | "comment";
}

/**
 * Returns the secret that a field holds, if any: by its name, if its type can hold text or bytes, or by its comment.
 * `debug_redact = false` states that the field holds none.
 */
export function secretOf(field: DescField): Secret | undefined {
  if (markOf(field) === false) {
    return undefined;
  }
  const canHold = carriers.includes(elementType(field));
  const kind = canHold ? kindByName(field) : undefined;
  if (kind) {
    return { kind, source: "name" };
  }
  return isDocumented(field) || (canHold && kind === undefined && isDescribed(field))
    ? { kind: "other", source: "comment" }
    : undefined;
}

/** Returns whether a sentence in a field's comment begins with "Secret": "Secret. The …", "Secret if it …". */
export const isDocumented = (field: DescField): boolean => documented.test(commentOf(field));

// "Secret provider that …" and "Secret of the …" are about a resource.
const documented =
  /(^|[.!?:] )Secret(?=[.,:;!()–—-]|$| [-–—(]| (if|when|unless|because|as|since|until|and|or|only|for|to|with)\b)/;

/** Returns the value of a field's option debug_redact; undefined if it is not written. */
export function markOf({ proto: { options } }: DescField): boolean | undefined {
  return options && isFieldSet(options, FieldOptionsSchema.field.debugRedact)
    ? options.debugRedact
    : undefined;
}

/** Returns whether a field or, if it is a message, any field within it is marked debug_redact. */
export function isRedacted(field: DescField, seen = new Set<DescMessage>()): boolean {
  return markOf(field) === true || hasRedacted(field, seen);
}

/** Returns whether a field is a message with a field, at any depth, that is marked debug_redact. */
export function hasRedacted({ message }: DescField, seen = new Set<DescMessage>()): boolean {
  if (!message || seen.has(message)) {
    return false;
  }
  seen.add(message);
  return message.fields.some((inner) => isRedacted(inner, seen));
}

/** Returns whether the name of a credential, such as `access_token`, is that of one and not of several. */
export const isOneCredential = (name: string): boolean =>
  kindOf(wordsOf(name)) === "credential" && !/(?<!credential)s$/.test(name);

/** Types that can hold text or bytes. */
const carriers = [
  "string",
  "bytes",
  ...["StringValue", "BytesValue", "Struct", "Value", "ListValue", "Any"].map(
    (name) => `google.protobuf.${name}`,
  ),
];

/** A noun that can name a secret. */
interface Noun {
  /** Names, in the singular; the plural is a name too, if it has no row of its own. */
  names: string[];
  /** What it names; a credential by default. */
  kind?: "other";
  /** It names a secret only with one of these words before it; "^" stands for none. */
  only?: string[];
  /** It names something else with one of these words before it. */
  unless?: string[];
}

const words = (text: string) => text.trim().split(/\s+/);

const nouns: Noun[] = [
  {
    names:
      words(`password passwd pwd passphrase passcode otp totp psk cvv cvc credential cred creds bearer jwt cookie
      macaroon authorization tgt dsn kubeconfig keytab pkcs12 pfx p12 mnemonic xprv dockerconfigjson`),
  },
  // Kubernetes calls some of its resources secrets.
  { names: ["secret"], unless: words("password credentials pull tls") },
  {
    names: ["token"],
    // Positions in a list, a stream or a history; IDs of calls; locks; currencies; words of text.
    unless:
      words(`page* pagin* next prev* first last start* end ending cursor continu* resum* stream* task operation
      sync* conflict consisten* zed* zookie delta watch* checkpoint offset change* position bookmark scroll* list record
      log row marker seek iter* partition* fenc* snap* version* revision sequence concurren* history replay etag ring
      idempoten* dedup* request correlat* track* transaction retry cancel* progress poll* restore routing rewrite
      allocation execution precommit commit copy move lease lock
      fee gas native staking reward quote
      eos bos unk* pad* mask sep* special stop vocab* prompt completion input output design lexical`),
  },
  {
    // Language models have lists of tokens, and modems have bearers.
    names: words("tokens bearers"),
    only: words(`api access refresh auth authentication authorization bearer session service bot device push registry
      join invite invitation enrollment personal deploy jwt oauth security secret id csrf login plaintext registration
      bootstrap reset verification identity delegation`),
  },
  {
    // Maps, indexes and caches have keys.
    names: words("key keyset"),
    only: words(`api app application private priv access secret signing sign signer encryption encrypt decryption
      decrypt cipher crypto master root shared preshared account sa derived protection symmetric hmac cmac aead aes md5
      prf wrapping unseal kek dek escrow auth authentication authorization jwt otp totp cookie session stream recovery
      setup service admin invite join enrollment registration provisioning bootstrap pairing subscription ingestion
      integration disk tls ssl cert certificate svid webhook mac eab ca unlock network nwk s enc sym license
      activation pem pkcs8`),
    unless: words("public pub publishable partition sort primary config"),
  },
  { names: words("pem der jwk jwks"), only: words("key private priv"), unless: words("public pub cert") },
  { names: words("plaintext material"), only: words("key token secret password") },
  {
    // Errors, countries and languages have codes.
    names: ["code"],
    only: words(`recovery backup verification otp totp mfa 2fa factor auth authorization authentication device time sms
      email login scratch reset pin pass access pairing activation unlock invite invitation join user claim signup registration enrollment confirmation
      security`),
  },
  {
    // Help desks have tickets.
    names: ["ticket"],
    only: words(`^ auth authentication login access session bearer kerberos granting websocket ws connect connection
      join stream download upload time sso handoff enrollment registration`),
  },
  {
    // Certificates and hardware have pins.
    names: ["pin"],
    only: words(
      "^ user card security wallet unlock access device sim login room meeting conference new old current",
    ),
  },
  { names: ["pass"], only: words("user db database rpc smtp ftp http proxy admin login auth") },
  { names: words("phrase word"), only: words("seed recovery backup secret mnemonic") },
  { names: ["seed"], only: words("wallet master totp otp hd nkey cipher secret cookie session encryption") },
  { names: ["entropy"], only: words("seed wallet") },
  { names: ["header"], only: words("auth authorization bearer") },
  { names: ["auth"], only: words("basic registry proxy docker") },
  { names: words("string str"), only: words("connection conn auth") },
  { names: ["assertion"], only: words("client saml jwt") },
  { names: ["verifier"], only: words("code pkce") },
  { names: ["response"], only: words("saml") },
  { names: ["json"], only: words("identity account") },
  {
    names: words("url uri link"),
    only: words("database db postgres postgresql pg mysql mongo mongodb redis jdbc amqp"),
  },
  {
    // URLs that give access to whoever has them.
    names: words("url uri link post"),
    kind: "other",
    only: words("signed presigned sas magic reset expiring"),
  },
];

/** Words that state how a value is written, or which of several it is. */
const forms = new Set(
  words(`value values data payload plain text plaintext string bytes base64 b64 hex raw json yaml encoded content
    contents material pem der blob new old current backup primary secondary previous confirm confirmation repeat`),
);

/** Words at the end of the name of a hash. */
const hashes = new Set(words("hash hashes sha sha1 sha256 sha512 digest hmac bcrypt"));

/** First words of names of what a policy is about, and of texts that do not reveal a secret. */
const harmless = new Set(
  words(`masked redacted truncated allow allowed deny denied block blocked forbidden banned ignore ignored require
    required supported exclude excluded include included from`),
);

/** Words in names of keys and secrets that are elsewhere. */
const elsewhere = /(^|_)(kms|cmek|customer_managed|secret_manager)_/;

/** Returns what words name: a secret, null if it certainly is none, undefined if the words do not say. */
function kindOf(phrase: string[]): Secret["kind"] | null | undefined {
  if (harmless.has(phrase[0] ?? "") || elsewhere.test(phrase.join("_"))) {
    return null;
  }
  const isHash = hashes.has(phrase.at(-1) ?? "") || phrase[0] === "hashed";
  if (isHash) {
    const hashed = phrase[0] === "hashed" ? phrase.slice(1) : phrase.slice(0, -1);
    // The hash of a configuration tells whether it has changed.
    return kindOf(hashed) === "credential" && !/config$/.test(hashed.at(-1) ?? "") ? "hash" : null;
  }
  const kind = kindOfNoun(phrase);
  const shorter = withoutForm(phrase);
  return kind === undefined && shorter.length < phrase.length ? kindOf(shorter) : kind;
}

function kindOfNoun(phrase: string[]): Secret["kind"] | null | undefined {
  const noun = phrase.at(-1) ?? "";
  const before = phrase.length > 1 ? phrase.slice(0, -1) : ["^"];
  const exact = nouns.filter(({ names }) => names.includes(noun));
  const rows = exact.length > 0 ? exact : nouns.filter(({ names }) => names.includes(singular(noun)));
  if (rows.some(({ unless = [] }) => before.some((word) => isOneOf(word, unless)))) {
    return null;
  }
  // Words further away are about something else: device_ip_code.
  const near = before.slice(-2);
  const row = rows.find(
    ({ only }) => !only || near.some((word) => only.includes(word) || only.includes(singular(word))),
  );
  return row && (row.kind ?? "credential");
}

const singular = (word: string) => word.replace(/s$/, "");

/** Returns whether a word is one of a list, in which "continu*" stands for all words that begin with it. */
const isOneOf = (word: string, list: string[]) =>
  list.some((entry) => (entry.endsWith("*") ? word.startsWith(entry.slice(0, -1)) : word === entry));

/** Returns words without those at the end that state a form, and without numbers there. */
function withoutForm(phrase: string[]): string[] {
  const last = phrase.at(-1);
  return last !== undefined && (forms.has(last) || /^v?\d+$/.test(last))
    ? withoutForm(phrase.slice(0, -1))
    : phrase;
}

/** Returns the words of a name: also of apiKey and apikey. */
const wordsOf = (name: string): string[] =>
  snakeCase(name)
    .split("_")
    .flatMap((word) => {
      const [, first, noun] = /^(.{2,}?)((?:key|token|secret|password)s?)\d*$/.exec(word) ?? [];
      return first && noun ? [first, noun] : word.replace(/(?<=^(?:key|token|secret|password))\d+$/, "");
    });

/** What a name means in a message, or next to a field, of another name. */
const inContext = [
  // OAuth's code, which is exchanged for a token.
  {
    name: /^code$/,
    near: /^redirect_ur[il]$|^code_verifier$|(^|_)(o_?auth\d?|oidc|open_id|sso|sign_?in|log_?in|callback|otp|mfa|verify|verification|reset_password|confirm)_(?!.*response$)/,
    meaning: "authorization_code",
  },
  // The name of a secret.
  {
    name: /^secret$/,
    near: /(^|_)secret_(ref|reference|volume|volume_source|key_ref)$|^(get|delete|describe)_secret_request$/,
    meaning: "secret_name",
  },
  // The name of a value in a secret that has several.
  {
    name: /(^|_)secret_key$/,
    near: /(^|_)secret_(name|id|ref|as_env|as_volume|key_to|key_selector)(_|$)/,
    meaning: "secret_ref",
  },
  // The ID of a key whose secret part is next to it, as AWS calls it.
  { name: /^access_key$/, near: /secret/, meaning: "access_key_id" },
  { name: /^auth$/, near: /^password$/, meaning: "basic_auth" },
  // Google's name for the file with a service account's private key.
  { name: /^json_key$/, near: /service_account|credential/, meaning: "private_key" },
  // What a wallet is restored from.
  { name: /^seed$/, near: /^(password|passphrase|mnemonic)$/, meaning: "wallet_seed" },
  // A position in a list or a stream, or a word of text.
  {
    name: /^token$/,
    near: /(^|_)(cursor|continuation|checkpoint|bookmark|position|page|pagination|iterator|analyzer|tokenizer|log_?probs?|vocab\w*)(_|$)|^(list|query)_(\w+_)?(request|response)$|^(limit|page_size)$/,
    meaning: "page_token",
  },
  // The number of a contact of a chip.
  { name: /^pin$/, near: /(^|_)(gpio|pwm|board|motor|servo|led)(_|$)/, meaning: "pin_number" },
  // The directory in which a program runs.
  {
    name: /^pwd$/,
    near: /^(program|args?|command|cmd|env|info)$|(^|_)(run|exec|shell|program)(_|$)/,
    meaning: "directory",
  },
  // The response that issues a key.
  { name: /^key$/, near: /^(create|generate|issue|rotate|mint)_key_response$/, meaning: "api_key" },
];

/**
 * Returns what a field holds by its name, or that of its message if the field only states that it has the message's
 * value, as in `Secret.value`, `ApiKey.key`, `Password.hash` and `PageToken.token`.
 */
function kindByName(field: DescField): Secret["kind"] | null | undefined {
  const { name, parent } = field;
  const noun = wordsOf(headOf(name));
  const text = noun.join("_");
  const nearby = [
    snakeCase(nameInPackage(parent).replaceAll(".", "_")),
    ...parent.fields.map((field) => withoutForm(wordsOf(field.name)).join("_")),
  ];
  const holder = holderOf(parent);
  const comment = commentOf(field);
  const isPosition = position.test(comment) && !isBearer(noun);
  if (about.has(holder.at(-1) ?? "") || isPosition || elsewhereOrPublic.test(comment)) {
    return null;
  }
  const found = inContext.find(
    ({ name, near }) => name.test(text) && nearby.some((other) => near.test(other)),
  );
  if (found) {
    return kindOf(wordsOf(found.meaning)) ?? null;
  }
  // Names of secrets of Kubernetes and the like.
  if (text === "secrets" && typeOf(field) === "repeated string") {
    return null;
  }
  const [, pair] = /^(.*_|)key$/.exec(withoutForm(noun).join("_")) ?? [];
  if (pair !== undefined && nearby.some((other) => certificate.test(other.replace(pair, "")))) {
    return "credential";
  }
  if (/^(new_|old_)?hash$/.test(text)) {
    return kindOf([...holder, "hash"]);
  }
  const part = withoutForm(noun).filter((word) => !forms.has(word));
  const own = kindOf(noun);
  const isPart = part.length === 0 || (part.length === 1 && part[0] === holder.at(-1));
  return isPart &&
    (text === "token" || !own) &&
    holder.length > 0 &&
    !/^(ticket|pin|authorization)s?$/.test(holder.at(-1) ?? "")
    ? kindOf(holder)
    : own;
}

/** Matches comments on positions in a list. */
const position = /\bpaginat|\bnext (page|set|batch)|\bcursor\b/i;

/** Matches comments on files that hold a secret, and on public keys. */
const elsewhereOrPublic =
  /\bpath (to|of) (the |a )?file\b|^(?!.*\b(private|secret)\b).*\bpublic (\w+ )?key\b/i;

/** Matches names of certificates, next to which `key` is a private key. */
const certificate = /^(cert|certificate|crt)(_chain)?$/;

/** Returns the words of a message's name that say what it is about: "create secret", "api key". */
function holderOf(message: DescMessage): string[] {
  const rest = wordsOf(nameInPackage(message).replaceAll(".", "_")).filter((word) => !roles.has(word));
  return withoutForm(rest);
}

/** Last words of names of messages whose fields are called what they are about: Expiry.id_tokens, SortBy.api_key. */
const about = new Set(words("expiry expiration lifetime lifetimes ttl timeout timeouts by"));

/** Words that say what a message is for. */
const roles = new Set(
  words("req request resp response reply spec version entry proto msg wrapper update info"),
);

/** Returns whether the comment of a field whose name does not say what it holds says that it is a secret. */
function isDescribed(field: DescField): boolean {
  const comment = commentOf(field).replace(/\([^)]*\)/g, "");
  const noun = withoutForm(wordsOf(headOf(field.name)));
  const isVague = noun.length <= 1 || /^(url|uri|link)$/.test(noun.at(-1) ?? "");
  const isReference = references.has(noun.at(-1) ?? "");
  return !isReference && (guarded.test(comment) || (isVague && isBearer(subjectOf(comment))));
}

/** Returns whether words name a secret. A token without more is not enough: it can be a position or a name. */
const isBearer = (phrase: string[]): boolean =>
  Boolean(kindOf(phrase.at(-1) === "token" ? phrase.with(-1, "tokens") : phrase));

/** Matches comments on how a value is kept secret. */
const guarded =
  /\bmask(s|ed)? the value of\b|\bnever (be )?(logged|displayed|shown)\b|\b(returned|shown|displayed) (exactly |only )once\b|(?<!\bnot\W+)\b(contains?|holds?|is|are) (highly )?sensitive\b|\bbearer credential|\bkey (used |that is used )?to (encrypt|decrypt|sign)\b/i;

/** Words at the end of names of what refers to something, and does not hold it. */
const references = new Set(
  words(
    "id ids name names file files filename path paths dir directory ref refs reference references type types format algorithm kind field arn env var header headers prefix suffix description",
  ),
);

/** Returns the words with which a comment begins, up to the first that belongs to another part of its sentence. */
function subjectOf(comment: string): string[] {
  const [phrase = ""] = comment
    .toLowerCase()
    .replace(/^(?:\W*(?:optional|required|deprecated|output only|input only)\W+)*/, "")
    .replace(/^(?:this |the )?(?:\w+ ){1,2}(?:is|are|holds|stores|contains|has) /, "")
    .replace(/^(?:(?:the|an?) )?(?:value|contents?|payload|data|bytes|text) of /, "")
    .split(
      /[.,;:!]|\s(?:of|for|to|from|in|on|at|that|which|used|whose|with|by|when|if|is|are|as|and|or)\s/,
      1,
    );
  return phrase.replace(/'s\b/g, "").match(/[a-z0-9]+/g) ?? [];
}
