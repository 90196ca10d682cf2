import { failed, reasonOf } from './calls.ts'
import type { Flow } from './ledger.ts'
import type { HttpDocument, ProgramDocument } from './schema.ts'
import { levelOf } from './serving.ts'
import { routeFor } from './web.ts'

/** A line that the steady load makes a program write, so many times a second. */
export interface FlowLine {
  readonly rate: number
  readonly template: string
  readonly fields: Readonly<Record<string, string>>
  /** How long such a request takes on average: each line has its own. */
  readonly millis: number
  /** Only one line, so many seconds after this began. */
  readonly after?: number
}

/** What a program logs of the load that flows through it: the same lines as of single requests. */
export function flowLines(program: ProgramDocument, flow: Flow): readonly FlowLine[] {
  const https = program.listens.flatMap(({ http }) => (http ? [http] : []))
  return flow.kinds.flatMap((kind): FlowLine[] => {
    const { rate, method, route, status, millis } = kind
    if (kind.what === 'called') {
      const template = program.logs.failure
      if (template === undefined || !failed(status)) return []
      return [
        {
          rate,
          millis,
          template,
          fields: { url: route, status, method, route, error: reasonOf(route, method, kind, kind.timeout ?? 5000) },
        },
      ]
    }
    return https
      .filter((http) => serves(http, method, route))
      .slice(0, 1)
      .flatMap((http) => {
        const found = routeFor(http, method, route)
        const error = found?.errors.find((each) => String(each.status) === status)
        const fields = {
          method,
          path: route,
          route,
          status,
          size: String(found?.body.length ?? 153),
          agent: 'Go-http-client/1.1',
          level: levelOf(Number(status)),
        }
        const client = '10.32.0.{random:4-40}'
        return [http.access, found?.log, error?.log].flatMap((template) =>
          template === undefined ? [] : [{ rate, millis, template: template.replaceAll('{client}', client), fields }],
        )
      })
  })
}

const serves = (http: HttpDocument, method: string, path: string): boolean =>
  routeFor(http, method, path) !== undefined || http.root !== undefined
