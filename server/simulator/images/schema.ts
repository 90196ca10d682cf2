import { z } from 'zod'

/** One line of log: when (seconds after the start, or how often), and a template (see log-template.ts). */
const LogLine = z.strictObject({ text: z.string(), stderr: z.boolean().default(false) })
const StartLine = LogLine.extend({ at: z.number().min(0).default(0) })
const RepeatedLine = LogLine.extend({
  every: z.number().min(0.1),
  /** The share of the interval by which a line may come late. */
  jitter: z.number().min(0).max(0.9).default(0.2),
})

const Route = z.strictObject({
  path: z.string().startsWith('/'),
  /** Matches everything below `path` too. */
  prefix: z.boolean().default(false),
  status: z.int().min(100).max(599).default(200),
  type: z.string().default('text/plain; charset=utf-8'),
  /** May use the placeholders of log templates. */
  body: z.string().default(''),
  headers: z.record(z.string(), z.string()).default({}),
  latency: z.number().min(0).default(1),
})

const Http = z.strictObject({
  headers: z.record(z.string(), z.string()).default({}),
  /** A folder of the container whose files are served. */
  root: z.string().startsWith('/').optional(),
  routes: z.array(Route).default([]),
  /** Body of any other path's 404. */
  missing: z.string().default('404 page not found\n'),
  /** A log line for each request. */
  access: z.string().optional(),
})

const Listener = z.strictObject({
  port: z.int().min(1).max(65_535),
  protocol: z.enum(['TCP', 'UDP']).default('TCP'),
  tls: z.boolean().default(false),
  /** The program's own flag that moves it, e.g. `--port`. */
  flag: z.string().optional(),
  http: Http.optional(),
})

const bytes = z
  .union([z.number().min(0), z.string().regex(/^\d+(\.\d+)?(Ki|Mi|Gi)?$/, 'expected bytes, such as 12Mi')])
  .transform((text) =>
    typeof text === 'number'
      ? text
      : Number.parseFloat(text) *
        { '': 1, Ki: 1024, Mi: 1_048_576, Gi: 1_073_741_824 }[(/[KMG]i$/.exec(text)?.[0] ?? '') as '' | 'Ki' | 'Mi' | 'Gi'],
  )

const Usage = z.strictObject({
  /** Millicores when nobody asks anything. */
  cpu: z.number().min(0).default(1),
  memory: bytes.prefault('8Mi'),
  /** How much both swing, as a share. */
  swing: z.number().min(0).max(0.9).default(0.2),
  /** Bytes leaked an hour. */
  growth: bytes.prefault(0),
  /** The program's flag that says how much memory it takes, e.g. `--vm-bytes`. */
  memoryFlag: z.string().optional(),
  /** The program's flag that says how many cores it burns, e.g. `--cpu`. */
  cpuFlag: z.string().optional(),
  /** CPU milliseconds a request. */
  perRequest: z.number().min(0).default(0.4),
  /** Network bytes a second, in and out, beside requests. */
  receive: z.number().min(0).default(0),
  transmit: z.number().min(0).default(0),
})

const Program = z.strictObject({
  /** What `command[0]` may be, by its last path part. The first is the program's own name. */
  names: z.array(z.string().min(1)).min(1),
  /** Its processes, the main one first; without it the command line as given. */
  processes: z.array(z.string()).default([]),
  /** Milliseconds until it listens. */
  starts: z.number().min(0).default(200),
  stops: z.strictObject({ millis: z.number().min(0).default(50), code: z.int().min(0).max(255).default(0) }).prefault({}),
  /** Without one of these variables it says why and exits. */
  needs: z.array(z.strictObject({ env: z.array(z.string()).min(1), message: z.string(), code: z.int().default(1) })).default([]),
  /** It ends by itself. */
  ends: z.strictObject({ millis: z.number().min(0), code: z.int().min(0).max(255) }).optional(),
  listens: z.array(Listener).default([]),
  /** Also listens (HTTP) wherever the pod's containerPorts say. */
  listensOnDeclared: z.boolean().default(false),
  /** Lines at the start, lines again and again, and a line when it is stopped. */
  logs: z
    .strictObject({ start: z.array(StartLine).default([]), repeat: z.array(RepeatedLine).default([]), stop: z.array(LogLine).default([]) })
    .prefault({}),
  usage: Usage.prefault({}),
})

const Image = z.strictObject({
  /** Repository names without a tag. Docker Hub's own are short: `nginx`. */
  names: z.array(z.string().min(1)).min(1),
  /** Tags the registry has; `*` stands for any text. */
  tags: z.array(z.string().min(1)).min(1),
  size: bytes,
  userland: z.enum(['busybox', 'alpine', 'debian', 'none']),
  /** Tags with another userland: `'*alpine*': alpine`. */
  variants: z.record(z.string(), z.enum(['busybox', 'alpine', 'debian', 'none'])).default({}),
  user: z.strictObject({ name: z.string(), uid: z.int().min(0), gid: z.int().min(0) }).default({ name: 'root', uid: 0, gid: 0 }),
  workdir: z.string().startsWith('/').default('/'),
  entrypoint: z.array(z.string()).default([]),
  cmd: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  /** Path to content; a path that ends in `/` is an empty folder. */
  files: z.record(z.string().startsWith('/'), z.string()).default({}),
  /** Further commands with fixed answers: the whole command line to what it prints. */
  answers: z.record(z.string(), z.string()).default({}),
  /** Further programs that it brings of those the simulator knows, e.g. `curl`. */
  tools: z.array(z.string()).default([]),
  programs: z.array(Program).default([]),
  /** For the generic image: any command is taken for a program, and names on this list exist on Docker Hub. */
  generic: z.strictObject({ official: z.array(z.string()) }).optional(),
})

export type ImageDocument = z.output<typeof Image>
export type ProgramDocument = z.output<typeof Program>
export type HttpDocument = z.output<typeof Http>

/** An image document that says something wrong: which file, where in it, and what. */
export class ImageError extends Error {}

/**
 * Checks one image document.
 * @param document the parsed YAML
 * @param name the file it came from, for the error
 * @throws ImageError
 */
export function parseImage(document: unknown, name: string): ImageDocument {
  const parsed = Image.safeParse(document)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`)
  throw new ImageError(`${name} is not an image description:\n${problems.join('\n')}`)
}
