import { z } from 'zod'

/** One line of log: when (seconds after the start, or how often), and a template (see log-template.ts). */
const LogLine = z.strictObject({ text: z.string(), stderr: z.boolean().default(false) })
const StartLine = LogLine.extend({ at: z.number().min(0).default(0) })
const RepeatedLine = LogLine.extend({
  every: z.number().min(0.1),
  /** The share of the interval by which a line may come late. */
  jitter: z.number().min(0).max(0.9).default(0.2),
})

const bytes = z
  .union([z.number().min(0), z.string().regex(/^\d+(\.\d+)?(Ki|Mi|Gi)?$/, 'expected bytes, such as 12Mi')])
  .transform((text) =>
    typeof text === 'number'
      ? text
      : Number.parseFloat(text) *
        { '': 1, Ki: 1024, Mi: 1_048_576, Gi: 1_073_741_824 }[(/[KMG]i$/.exec(text)?.[0] ?? '') as '' | 'Ki' | 'Mi' | 'Gi'],
  )

/** A number, or the name of an environment variable that holds it: `$(RATE)`. What the variable lacks counts as 0. */
const Given = z.union([z.number().min(0), z.string().regex(/^\$\(\w+\)$/, 'expected a number, or a variable such as $(RATE)')])

/** A share, as `0.05` or `5%`. */
const Share = z
  .union([z.number().min(0).max(1), z.string().regex(/^\d+(\.\d+)?%$/, 'expected a share, such as 5% or 0.05')])
  .transform((share) => (typeof share === 'number' ? share : Math.min(Number.parseFloat(share) / 100, 1)))

/** An upstream call: a request that this program makes to answer one of its own. `$(NAME)` stands for a variable. */
const Call = z.strictObject({
  to: z.string().regex(/^https?:\/\/\S+$/, 'expected a URL, such as http://catalog/items'),
  method: z.string().default('GET'),
  /** In which share of the requests it is made, and how often in each. */
  share: Share.prefault(1),
  times: z.int().min(1).max(100).default(1),
  /** Milliseconds until it gives up. */
  timeout: z.number().min(1).default(5000),
  /** What the program answers when the call fails; `ignore` goes on without. */
  failure: z.union([z.int().min(400).max(599), z.literal('ignore')]).default(502),
})

const RouteError = z.strictObject({
  share: Share,
  status: z.int().min(400).max(599).default(500),
  body: z.string().default(''),
  /** A line for the log each time. */
  log: z.string().optional(),
})

/** Metrics pages that are worked out from the cluster (`metrics/programs.ts`). */
const BuiltIn = z.enum([
  'go',
  'kube-state-metrics',
  'node-exporter',
  'coredns',
  'prometheus',
  'etcd',
  'kube-scheduler',
  'kube-controller-manager',
  'kube-proxy',
  'metrics-server',
  'pushgateway',
  'alertmanager',
])

const Route = z.strictObject({
  path: z.string().startsWith('/'),
  /** Only these methods; any unless told. */
  methods: z.array(z.string()).default([]),
  /** Matches everything below `path` too. */
  prefix: z.boolean().default(false),
  status: z.int().min(100).max(599).default(200),
  type: z.string().default('text/plain; charset=utf-8'),
  /** May use the placeholders of log templates. */
  body: z.string().default(''),
  headers: z.record(z.string(), z.string()).default({}),
  /** Milliseconds that the program itself takes, on average. */
  latency: z.number().min(0).default(1),
  /** CPU milliseconds a request; `usage.perRequest` unless told. */
  cpu: z.number().min(0).optional(),
  /** Bytes that are never freed, a request. */
  leak: bytes.prefault(0),
  calls: z.array(Call).default([]),
  errors: z.array(RouteError).default([]),
  /** A log line for each request, e.g. `{level} {status} {millis}`. */
  log: z.string().optional(),
  /** Answers with what its (only) call answered. */
  proxy: z.boolean().default(false),
  /** Answers as Jaeger's HTTP API does, from the spans that simulated programs have sent here. */
  traces: z.boolean().default(false),
  /** Answers as this program's HTTP API and pages do, from the cluster. */
  serves: z.enum(['prometheus', 'alertmanager']).optional(),
  /** Answers with the program's own metrics (`metrics:` of the program), and with a page that the simulator makes if it names one. */
  metrics: z.union([z.boolean(), BuiltIn]).default(false),
  /** Reads the program's configuration file again, as Prometheus' `/-/reload` does. */
  reloads: z.boolean().default(false),
  /** Answers with what it was asked or given, as JSON but for the body; or waits or answers as the end of the path says. */
  says: z.enum(['environment', 'headers', 'body', 'delay', 'status']).optional(),
  /** From then on another route answers with a status, until a request turns it back to 200. */
  turns: z.strictObject({ route: z.string().startsWith('/'), status: z.int().min(200).max(599) }).optional(),
  /** The program ends with this code. */
  ends: z.int().min(0).max(255).optional(),
  /** Takes what is pushed, as a Pushgateway's `/metrics/job/…` does. */
  pushes: z.boolean().default(false),
  /** Again and again it is ill for a while: every so many seconds, so many seconds long. */
  flaps: z
    .strictObject({ every: z.number().min(1), lasts: z.number().min(0.5), status: z.int().min(400).max(599).default(503) })
    .optional(),
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
  /** The program's own flag that moves it, e.g. `--port`, or the variable, e.g. `PORT`. */
  flag: z.string().optional(),
  env: z.string().optional(),
  http: Http.optional(),
  /** What it speaks when that is not HTTP; otherwise it takes connections and says nothing. */
  speaks: z.enum(['redis', 'mysql', 'postgres']).optional(),
})

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

/** What an environment variable changes: a fault flag, or a bad setting. */
const Condition = z.strictObject({
  /** It must be set, to anything but an empty text, `0`, `false` or `off`… */
  env: z.string().min(1),
  /** …or to exactly this. */
  is: z.string().optional(),
  /** Only this route's path; all of them unless told. */
  route: z.string().startsWith('/').optional(),
  /** Milliseconds more. */
  latency: Given.default(0),
  /** The share of requests that fail; as a variable it may hold `0.2` or `20%`. */
  errors: z.union([Share, z.string().regex(/^\$\(\w+\)$/)]).optional(),
  status: z.int().min(400).max(599).default(500),
  body: z.string().default('internal error\n'),
  /** CPU milliseconds more a request. */
  cpu: Given.default(0),
  /** Bytes more, leaked an hour. */
  growth: bytes.prefault(0),
  /** It ends after so many milliseconds, with this code. */
  ends: z.strictObject({ millis: z.number().min(0).default(500), code: z.int().min(0).max(255).default(1) }).optional(),
  /** Milliseconds longer until it listens. */
  starts: Given.default(0),
  /** A line for the log at the start, and one for each failed request. */
  says: z.string().optional(),
  log: z.string().optional(),
})

/** Requests that the program makes by itself, a second: a load generator. */
const Load = z.strictObject({
  to: Call.shape.to,
  method: z.string().default('GET'),
  rate: Given,
  timeout: z.number().min(1).default(10_000),
})

/** A metric of the program's own. `requests` and `calls` follow what it serves and asks; the rest is about itself. */
const Metric = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_:][\w:]*$/, 'expected a metric name'),
  type: z.enum(['counter', 'gauge', 'histogram']),
  help: z.string().default(''),
  of: z.enum(['requests', 'calls', 'cpu', 'memory', 'start', 'uptime', 'value']).default('value'),
  /** Only requests with this path, or calls whose URL begins so. */
  route: z.string().optional(),
  /** Only these outcomes: `200`, `5xx`, `refused`. */
  status: z.string().optional(),
  /** May use {method}, {route}, {status}, {class}, {service}, and what log templates may use of the pod. */
  labels: z.record(z.string(), z.string()).default({}),
  /** Of `value`: where it is, by how much it swings (a share), and as a counter how much it grows a second. */
  value: z.number().default(1),
  swing: z.number().min(0).max(0.9).default(0),
  /** Multiplies, e.g. the price of an order. */
  times: z.number().min(0).default(1),
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
  needs: z
    .array(
      z
        .strictObject({
          env: z.array(z.string()).min(1).optional(),
          /** …or without this file. */
          file: z.string().startsWith('/').optional(),
          message: z.string(),
          code: z.int().default(1),
        })
        .refine((need) => need.env !== undefined || need.file !== undefined, 'expected env or file'),
    )
    .default([]),
  /** A file that it reads when it starts: nginx's says what it serves, and with a wrong one none of them starts. */
  config: z
    .strictObject({
      format: z.enum(['nginx', 'corefile', 'yaml']),
      file: z.string().startsWith('/'),
      /** The flag that names another file. */
      flag: z.string().optional(),
      /** Of `yaml`: what it says about a wrong one, with {error} and {file}. */
      message: z.string().optional(),
      code: z.int().min(1).max(255).default(1),
      /** Of `yaml`: the field that lists patterns of further files, read with it. */
      includes: z.string().optional(),
    })
    .optional(),
  /** It ends by itself. */
  ends: z.strictObject({ millis: z.number().min(0), code: z.int().min(0).max(255) }).optional(),
  listens: z.array(Listener).default([]),
  load: z.array(Load).default([]),
  metrics: z.array(Metric).default([]),
  when: z.array(Condition).default([]),
  /** Also listens (HTTP) wherever the pod's containerPorts say. */
  listensOnDeclared: z.boolean().default(false),
  /** Lines at the start, lines again and again, and a line when it is stopped. */
  logs: z
    .strictObject({
      start: z.array(StartLine).default([]),
      repeat: z.array(RepeatedLine).default([]),
      stop: z.array(LogLine).default([]),
      /** About nodes that are ill on purpose: again and again, or once after so many seconds. `{faulty}` and `{faultyip}`. */
      faults: z
        .array(
          z.strictObject({
            when: z.enum(['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'network']),
            text: z.string(),
            every: z.number().min(0.1).optional(),
            after: z.number().min(0).default(0),
            /** Only about the node that it runs on. */
            here: z.boolean().default(false),
          }),
        )
        .default([]),
      /** About what the cluster's events tell: `{object}` `{kind}` `{type}` `{reason}` `{message}`; without a reason, all of a component's. */
      events: z.array(z.strictObject({ from: z.string(), reason: z.string().optional(), text: z.string() })).default([]),
      /** A line for each upstream call that fails: `{error}`, `{url}`, `{status}`. */
      failure: z.string().optional(),
    })
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
  /** The program's version, as it stands in this description: a tag that is a whole version takes its place. */
  version: z.string().min(1).optional(),
  /** What tags replace in this description: the version, or several texts. `'1.27*': 1.27.5` */
  versions: z.record(z.string(), z.union([z.string(), z.record(z.string().min(1), z.string())])).default({}),
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

export type BuiltInPage = z.output<typeof BuiltIn>
export type ImageDocument = z.output<typeof Image>
export type ProgramDocument = z.output<typeof Program>
export type Protocol = NonNullable<z.output<typeof Listener>['speaks']>
/** A program whose answers are worked out from the cluster. */
export type ServedProgram = NonNullable<z.output<typeof Route>['serves']>
export type HttpDocument = z.output<typeof Http>
export type RouteDocument = z.output<typeof Route>
export type CallDocument = z.output<typeof Call>
export type MetricDocument = z.output<typeof Metric>

/** An image document that says something wrong: which file, where in it, and what. */
export class ImageError extends Error {}

/** For `check.ts`, which says where a mistake is and what was meant. */
export const ImageSchema = Image

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
