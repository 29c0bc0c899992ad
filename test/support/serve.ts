import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Returns a port that no program listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Starts a server with Node.js, and waits until it accepts connections on a port.
 *
 * @param args The file to run, and options before it.
 * @returns a function that stops the server.
 * @throws Error if the server ends before it accepts a connection.
 */
export async function serve(
  folder: string,
  args: string[],
  port: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<() => Promise<void>> {
  const child = spawn("node", args, { cwd: folder, env, stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "close");
  const accepts = () =>
    new Promise<boolean>((done) => {
      const socket = connect(port, "localhost", () => done(true)).on("error", () => done(false));
      socket.once("connect", () => socket.destroy());
    });
  while (!(await accepts())) {
    if (child.exitCode !== null) {
      throw new Error(`node ${args.join(" ")} exited with ${child.exitCode}.`);
    }
    await sleep(50);
  }
  return async () => {
    child.kill();
    await ended;
  };
}
