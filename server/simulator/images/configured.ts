import { parseDocument } from 'yaml'
import type { FileTree } from '../shell/files.ts'
import { NginxError, readNginx } from './nginx-config.ts'
import type { NginxServer } from './nginx-config.ts'
import type { HttpDocument, ProgramDocument, RouteDocument } from './schema.ts'

/** What a program's configuration file makes of it. */
export type Configured =
  | { readonly program: ProgramDocument }
  /** It does not start with that: what it writes, a template, and how it ends. */
  | { readonly message: string; readonly code: number }

export interface ConfigContext {
  readonly files: FileTree
  readonly argv: readonly string[]
  readonly resolves: (host: string) => boolean
}

/** The file that a program's description names, or the command line instead. @returns what it says; undefined when it is not there */
export function configurationText({ config }: ProgramDocument, { files, argv }: Pick<ConfigContext, 'files' | 'argv'>): string | undefined {
  if (!config) return undefined
  const file = (config.flag === undefined ? undefined : argvValue(argv, config.flag)) ?? config.file
  return files.stat(file)?.kind === 'file' ? files.read(file) : undefined
}

/** The files that the configuration names by patterns, such as Prometheus' `rule_files`, by their paths. */
export function includedFiles(
  program: ProgramDocument,
  { files, argv }: Pick<ConfigContext, 'files' | 'argv'>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const { config } = program
  const text = config?.includes === undefined ? undefined : configurationText(program, { files, argv })
  if (config?.includes === undefined || text === undefined) return found
  const document = parseDocument(text, { prettyErrors: false })
  const listed: unknown =
    document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 20 }) as Record<string, unknown> | null)?.[config.includes]
  const file = (config.flag === undefined ? undefined : argvValue(argv, config.flag)) ?? config.file
  for (const pattern of Array.isArray(listed) ? listed.map(String) : []) {
    const [, folder = '', name = ''] =
      /^(.*?)\/?([^/]*)$/.exec(pattern.startsWith('/') ? pattern : `${file.replace(/[^/]*$/, '')}${pattern}`) ?? []
    if (files.stat(folder || '/')?.kind !== 'directory') continue
    const matching = new RegExp(
      `^${name
        .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    )
    for (const each of files.list(folder || '/').toSorted())
      if (matching.test(each) && files.stat(`${folder}/${each}`)?.kind === 'file')
        found.set(`${folder}/${each}`, files.read(`${folder}/${each}`))
  }
  return found
}

/** Reads the configuration that the program's description names, in the format that it names. */
export function configured(program: ProgramDocument, { files, argv, resolves }: ConfigContext): Configured {
  const { config } = program
  if (!config) return { program }
  const given = config.flag === undefined ? undefined : argvValue(argv, config.flag)
  const file = given ?? config.file
  const read = (path: string) => (files.stat(path)?.kind === 'file' ? files.read(path) : undefined)
  const text = read(file)
  switch (config.format) {
    case 'nginx':
      return nginx(program, file, {
        read,
        list: (folder) => (files.stat(folder)?.kind === 'directory' ? files.list(folder) : []),
        resolves,
      })
    case 'corefile': {
      const wrong = text === undefined ? undefined : corefileMistake(text)
      return wrong === undefined ? { program } : { message: `${file}:${wrong.line} - Error during parsing: ${wrong.why}`, code: 1 }
    }
    case 'yaml': {
      const why = text === undefined ? `open ${file}: no such file or directory` : yamlMistake(text)
      if (why === undefined) return { program }
      return { message: (config.message ?? '{error}').replace('{error}', why).replace('{file}', file), code: config.code }
    }
  }
}

function argvValue(argv: readonly string[], flag: string): string | undefined {
  const at = argv.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`))
  return at < 0 ? undefined : argv[at]?.includes('=') ? argv[at].slice(flag.length + 1) : argv[at + 1]
}

function yamlMistake(text: string): string | undefined {
  const [error] = parseDocument(text, { prettyErrors: false }).errors
  return error && `parsing YAML file: yaml: line ${text.slice(0, error.pos[0]).split('\n').length}: ${error.message}`
}

function nginx(program: ProgramDocument, file: string, files: Parameters<typeof readNginx>[1]): Configured {
  try {
    const servers = readNginx(file, files)
    const template = program.listens.find(({ http }) => http)?.http
    if (!template) return { program }
    const byPort = new Map<number, NginxServer>()
    for (const server of servers) if (!byPort.has(server.port)) byPort.set(server.port, server)
    const listens = [...byPort.values()].map((server) => ({
      port: server.port,
      protocol: 'TCP' as const,
      tls: false,
      http: { ...template, root: server.root, routes: routesOf(server) } satisfies HttpDocument,
    }))
    return { program: { ...program, listens } }
  } catch (error) {
    if (!(error instanceof NginxError)) throw error
    return { message: `{nginx} [emerg] 1#1: ${error.message}\nnginx: [emerg] ${error.message}`, code: 1 }
  }
}

/** Exact locations first, then the longest. */
function routesOf({ locations }: NginxServer): readonly RouteDocument[] & RouteDocument[] {
  const sorted = locations.toSorted((a, b) => Number(b.exact) - Number(a.exact) || b.path.length - a.path.length)
  return sorted.map(({ path, exact, answer, proxy, status }): RouteDocument => {
    const redirect = answer !== undefined && answer.status >= 300 && answer.status < 400
    return {
      path: path.startsWith('/') ? path : `/${path}`,
      prefix: !exact,
      methods: [],
      status: answer?.status ?? 200,
      type: redirect ? 'text/html' : 'text/plain',
      body: status
        ? 'Active connections: 1 \nserver accepts handled requests\n {requests} {requests} {requests} \nReading: 0 Writing: 1 Waiting: 0 \n'
        : redirect
          ? ''
          : (answer?.text ?? '').replaceAll(String.raw`\n`, '\n').replaceAll('$hostname', '{hostname}'),
      headers: redirect ? { Location: answer.text } : {},
      latency: 0.5,
      leak: 0,
      errors: [],
      metrics: false,
      traces: false,
      reloads: false,
      pushes: false,
      calls: proxy === undefined ? [] : [{ to: proxy, method: 'GET', share: 1, times: 1, timeout: 60_000, failure: 502 }],
      proxy: proxy !== undefined,
    }
  })
}

/** https://coredns.io/plugins/: those that come with it. */
const plugins = new Set(
  'acl any auto autopath azure bind bufsize cache cancel chaos clouddns debug dns64 dnssec dnstap erratic errors etcd file forward geoip grpc header health hosts import k8s_external kubernetes loadbalance local log loop metadata minimal multisocket nomad nsid pprof prometheus quic ready reload rewrite root route53 secondary sign template timeouts tls trace transfer tsig view whoami'.split(
    ' ',
  ),
)

function corefileMistake(text: string): { readonly line: number; readonly why: string } | undefined {
  let depth = 0
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/(^|\s)#.*/, '').trim()
    if (line === '') continue
    const [word = ''] = line.split(/\s+/)
    if (depth === 1 && word !== '}' && !plugins.has(word)) return { line: index + 1, why: `Unknown directive '${word}'` }
    depth += (line.match(/\{/g)?.length ?? 0) - (line.match(/\}/g)?.length ?? 0)
    if (depth < 0) return { line: index + 1, why: "Unexpected '}' because no matching opening brace" }
  }
  return depth > 0 ? { line: text.trimEnd().split('\n').length, why: "Unexpected EOF, expecting '}'" } : undefined
}
