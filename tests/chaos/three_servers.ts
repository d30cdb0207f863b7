/**
 * Three nats-servers on this machine that are one cluster. The lines between them go through proxies, so that
 * one of them can be cut off from the others while its clients still reach it.
 */
import { join } from "node:path";
import { serverConfiguration } from "../../cluster/nats/server_configuration.ts";
import { eventually } from "../support/eventually.ts";
import { natsServer } from "../support/nats_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

/** One of them. */
interface Member {
  readonly folder: string;
  readonly port: number;
  /** Where the others reach it. */
  readonly routes: number;
  process?: Deno.ChildProcess;
}

const numbers = [0, 1, 2] as const;

export type ServerNumber = (typeof numbers)[number];

/** See the file's head. */
export class ThreeServers implements AsyncDisposable {
  /** From the first to the second. */
  readonly #lines = new Map<string, TcpProxy>();

  private constructor(private readonly members: readonly Member[]) {
    for (const from of numbers) {
      for (const to of numbers) {
        if (from !== to) this.#lines.set(`${from} ${to}`, TcpProxy.to(members[to].routes));
      }
    }
  }

  static async start(): Promise<ThreeServers> {
    const members = await Promise.all(numbers.map(async () => ({
      folder: await Deno.makeTempDir({ prefix: "callosum-nats-" }),
      port: freePort(),
      routes: freePort(),
    })));
    const servers = new ThreeServers(members);
    await Promise.all(numbers.map((number) => servers.restart(number)));
    return servers;
  }

  get urls(): string[] {
    return this.members.map(({ port }) => `nats://127.0.0.1:${port}`);
  }

  /** End one as the system does. */
  async kill(number: ServerNumber): Promise<void> {
    const { process } = this.members[number];
    process?.kill("SIGKILL");
    await process?.status;
    this.members[number].process = undefined;
  }

  /** Start it again; resolves when it answers. */
  async restart(number: ServerNumber): Promise<void> {
    const member = this.members[number];
    const file = join(member.folder, "nats-server.conf");
    await Deno.writeTextFile(file, this.#configuration(number));
    member.process = new Deno.Command(natsServer, {
      args: ["--config", file],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await eventually(`server ${number} answers`, () => answers(member.port));
  }

  /** Cut one off from the others. */
  cutOff(number: ServerNumber): void {
    for (const line of this.#linesOf(number)) line.silence();
  }

  /** Join it with the others again. */
  rejoin(number: ServerNumber): void {
    for (const line of this.#linesOf(number)) line.restore();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const number of numbers) await this.kill(number);
    for (const line of this.#lines.values()) await line[Symbol.asyncDispose]();
    for (const { folder } of this.members) await Deno.remove(folder, { recursive: true });
  }

  #linesOf(number: ServerNumber): TcpProxy[] {
    return [...this.#lines]
      .filter(([ends]) => ends.split(" ").includes(`${number}`))
      .map(([, line]) => line);
  }

  #configuration(number: ServerNumber): string {
    const { folder, port, routes } = this.members[number];
    const own = serverConfiguration({
      name: `server-${number}`,
      port,
      store: join(folder, "store"),
      storage: 2 ** 30,
      logFile: join(folder, "nats-server.log"),
    });
    const others = numbers.filter((other) => other !== number)
      .map((other) => `"nats://127.0.0.1:${this.#lines.get(`${number} ${other}`)!.port}"`);
    return `${own}cluster: {
  name: "three"
  listen: "127.0.0.1:${routes}"
  no_advertise: true
  routes: [${others.join(", ")}]
}
`;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function answers(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
