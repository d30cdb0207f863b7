/** What a worker is told by whoever starts it. */
import { z } from "zod";
import type { Access } from "../../cluster/nats/credentials.ts";
import { roles } from "../../cluster/nats/permissions.ts";

const settings = {
  /** Of the worker; a new one each time that one is started. */
  id: z.string(),
  /** For people. */
  name: z.string(),
  /** Of the program's numbers, as in the jobs that it may take. */
  version: z.string(),
  backends: z.array(z.strictObject({ name: z.string(), device: z.string() })),
  /** The folder of data files. */
  data: z.string().optional(),
  /** The folder for results until the ledger has them. */
  spool: z.string(),
  /** The longest that a job's step may take, s. */
  stallSeconds: z.number().positive(),
};

/** What every worker is told. */
export const workerSettings = z.strictObject(settings);

export type WorkerSettings = z.infer<typeof workerSettings>;

/** Who it is to the NATS server. */
const access: z.ZodType<Access> = z.strictObject({
  servers: z.union([z.string(), z.array(z.string())]),
  credentials: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.enum(["creds", "nkey"]), file: z.string() }),
    z.strictObject({ kind: z.literal("token"), token: z.string() }),
    z.strictObject({ kind: z.literal("password"), user: z.string(), password: z.string() }),
  ]).optional(),
  tls: z.strictObject({
    ca: z.string().optional(),
    cert: z.string().optional(),
    key: z.string().optional(),
  }).optional(),
});

/**
 * What a worker's process is told, as one line of JSON on its standard input: a command line, which
 * everybody can read, is no place for secrets.
 */
export const processSettings = z.strictObject({
  ...settings,
  access,
  /** What the credentials let it be. */
  role: z.enum(roles),
});

export type ProcessSettings = z.infer<typeof processSettings>;
