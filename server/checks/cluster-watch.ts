import { z } from 'zod'
import { knownResource } from './resources.ts'

/** The part of a cluster's API that checks need; `clusters/lease.ts` has it. */
export interface ClusterApi {
  getJson(path: string, parameters?: URLSearchParams): Promise<{ readonly status: number; readonly body: unknown }>
  getText(path: string, parameters?: URLSearchParams): Promise<{ readonly status: number; readonly text: string }>
  follow(path: string, parameters: URLSearchParams, onLine: (line: string) => void, signal: AbortSignal): Promise<number>
}

/** Objects that a check is about. */
export interface Interest {
  /** As kubectl takes it: `pods`, `deploy`, `deployments.apps`. */
  readonly resource: string
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly selector?: string | undefined
  /** More of a field selector than the name: `reason=Started`. */
  readonly fields?: string | undefined
}

const ObjectShape = z.looseObject({ metadata: z.looseObject({ uid: z.string(), resourceVersion: z.string().optional() }) })
const ListShape = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }), items: z.array(ObjectShape) })
const EventShape = z.looseObject({ type: z.string(), object: z.unknown() })
const Names = z.looseObject({
  resources: z.array(
    z.looseObject({
      name: z.string(),
      singularName: z.string().default(''),
      shortNames: z.array(z.string()).default([]),
      kind: z.string(),
      namespaced: z.boolean(),
    }),
  ),
})
const Groups = z.looseObject({
  groups: z.array(z.looseObject({ name: z.string(), preferredVersion: z.looseObject({ groupVersion: z.string() }) })),
})

/** What a resource's name says: nothing when the cluster does not have it (yet). */
interface Found {
  readonly path: string
  readonly plural: string
  readonly namespaced: boolean
}

const againAfterMillis = 1000
const noSuchAfterMillis = 3000

/**
 * Keeps a picture of the objects that somebody is interested in, as client-go's reflector does: list, then watch, list again
 * when the watch is refused. `changed` is called with all of them, at first and at every change; `failed` with why there is no
 * picture. Ends when `signal` says so.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export async function watchObjects(
  api: ClusterApi,
  interest: Interest,
  signal: AbortSignal,
  changed: (objects: readonly unknown[]) => void,
  failed: (why: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const found = await findResource(api, interest.resource)
      if (found) await listAndWatch(api, found, interest, signal, changed)
      // A kind that nobody has defined yet has no objects.
      else changed([])
      await pause(found ? againAfterMillis : noSuchAfterMillis, signal)
    } catch (error) {
      if (signal.aborted) return
      failed(`The cluster does not answer: ${error instanceof Error ? error.message : String(error)}.`)
      await pause(againAfterMillis, signal)
    }
  }
}

async function listAndWatch(
  api: ClusterApi,
  found: Found,
  { namespace, name, selector, fields }: Interest,
  signal: AbortSignal,
  changed: (objects: readonly unknown[]) => void,
): Promise<void> {
  const scope = found.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const path = `${found.path}${scope}/${found.plural}`
  const chosen = [...(name === undefined ? [] : [`metadata.name=${name}`]), ...(fields === undefined ? [] : [fields])]
  const parameters = new URLSearchParams({
    ...(chosen.length > 0 && { fieldSelector: chosen.join(',') }),
    ...(selector !== undefined && { labelSelector: selector }),
  })
  const { status, body } = await api.getJson(path, parameters)
  if (status >= 400) throw new Error(z.looseObject({ message: z.string() }).safeParse(body).data?.message ?? `it answered with ${status}`)
  const list = ListShape.parse(body)
  const objects = new Map(list.items.map((item) => [item.metadata.uid, item]))
  changed([...objects.values()])
  parameters.set('watch', 'true')
  parameters.set('resourceVersion', list.metadata.resourceVersion)
  await api.follow(
    path,
    parameters,
    (line) => {
      const event = EventShape.parse(JSON.parse(line))
      if (event.type === 'ERROR' || event.type === 'BOOKMARK') return
      const object = ObjectShape.parse(event.object)
      if (event.type === 'DELETED') objects.delete(object.metadata.uid)
      else objects.set(object.metadata.uid, object)
      changed([...objects.values()])
    },
    signal,
  )
}

/** By plural, singular or short name or kind, with or without its group. */
async function findResource(api: ClusterApi, resource: string): Promise<Found | undefined> {
  // A whole room comes to an exercise at once: what every cluster has is not asked for.
  const known = knownResource(resource)
  if (known) return known
  const [first = '', ...rest] = resource.toLowerCase().split('.')
  const group = rest.join('.')
  const core = group === '' ? await resourceIn(api, '/api/v1', first) : undefined
  if (core) return core
  const groups = Groups.parse((await api.getJson('/apis')).body).groups
  for (const { name, preferredVersion } of groups.filter((each) => group === '' || each.name === group)) {
    const found = await resourceIn(api, `/apis/${preferredVersion.groupVersion}`, first)
    if (found) return found
    if (group === name) return undefined
  }
  return undefined
}

async function resourceIn(api: ClusterApi, path: string, word: string): Promise<Found | undefined> {
  const { status, body } = await api.getJson(path)
  if (status !== 200) return undefined
  const found = Names.parse(body).resources.find(
    ({ name, singularName, shortNames, kind }) =>
      !name.includes('/') && [name, singularName, kind.toLowerCase(), ...shortNames].includes(word),
  )
  return found && { path, plural: found.name, namespaced: found.namespaced }
}

/** Waits, unless it is over. */
function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, millis)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
