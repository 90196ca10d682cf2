import type { Endpoint } from '../network/network.ts'
import type { HttpRequest } from '../network/view.ts'
import type { Container } from '../resources/kinds.ts'
import type { FileTree } from '../shell/files.ts'
import type { ContainerLog } from './logs.ts'
import type { HttpDocument, ProgramDocument } from './schema.ts'
import { answer } from './web.ts'

export interface Serving {
  readonly program: ProgramDocument
  readonly container: Container
  readonly argv: readonly string[]
  readonly files: FileTree
  readonly logs: ContainerLog
  readonly now: () => number
  readonly fields: () => Readonly<Record<string, string>>
  readonly seed: string
  /** Told of each request. */
  readonly requested: () => void
}

/** What a running program listens on, and how it answers. */
export function endpointsOf(serving: Serving): readonly Endpoint[] {
  const { program, argv, container } = serving
  const name = program.names[0] ?? ''
  const listed = program.listens.map((listener): Endpoint => {
    const moved = listener.flag === undefined ? undefined : argv.find((arg) => arg.startsWith(`${listener.flag}=`))?.split('=')[1]
    const port = Number(moved?.split(':').at(-1) ?? listener.port)
    const { http } = listener
    return {
      port: port || listener.port,
      protocol: listener.protocol,
      program: name,
      tls: listener.tls,
      say: (template, more) => serving.logs.say(template, more),
      answer: http && ((request, client) => answered(serving, http, request, client)),
    }
  })
  if (!program.listensOnDeclared) return listed
  const declared = (container.ports ?? []).map((port): Endpoint => ({
    port: port.containerPort,
    protocol: port.protocol === 'UDP' ? 'UDP' : 'TCP',
    program: name,
    tls: false,
    say: (template, more) => serving.logs.say(template, more),
    answer: (request, client) => answered(serving, genericHttp, request, client),
  }))
  return [...listed, ...declared.filter((each) => !listed.some((other) => other.port === each.port))]
}

function answered(serving: Serving, http: HttpDocument, request: HttpRequest, client: string): ReturnType<typeof answer> {
  serving.requested()
  const { files, now, fields, seed } = serving
  const result = answer(http, request, { files, now, fields, seed })
  if (http.access)
    serving.logs.say(http.access, {
      client,
      method: request.method,
      path: request.path,
      status: String(result.reply.status),
      size: String(result.reply.body.length),
      agent: request.headers['user-agent'] ?? '-',
    })
  return result
}

/** What a program nobody has described answers. */
const genericHttp = {
  headers: {},
  routes: [
    { path: '/', prefix: true, status: 200, type: 'text/plain; charset=utf-8', body: 'Hello from {pod}\n', headers: {}, latency: 2 },
  ],
  missing: '',
}
