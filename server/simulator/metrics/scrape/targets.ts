import { kubeletPageFamilies } from '../pages.ts'
import { readyPrometheus, isPrometheus } from '../prometheus-state.ts'
import { discovered } from './discover.ts'
import { relabel } from './relabel.ts'
import type { SimulatedContainer } from '../../images/container.ts'
import type { Family } from '../exposition.ts'
import type { HttpRequest } from '../../network/view.ts'
import type { MetricsSources } from '../pages.ts'
import type { ScrapeJob } from './config.ts'

/** A target of the cluster's own Prometheus, after relabelling. */
export interface Target {
  readonly job: ScrapeJob
  readonly scheme: string
  /** With its port. */
  readonly address: string
  readonly path: string
  readonly labels: ReadonlyMap<string, string>
  /** Before relabelling. */
  readonly discovered: ReadonlyMap<string, string>
}

export type Page =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: true; readonly families: readonly Family[] }
  | { readonly ok: false; readonly why: string }

/** The Prometheus of a cluster, seen from inside: what runs it, and where from. */
export interface Scraper {
  readonly container: SimulatedContainer
  readonly sources: MetricsSources
  readonly ip: string
  readonly namespace: string
}

/** The container that runs the cluster's own Prometheus, once its pod is ready. */
export function runningPrometheus({ api, runtime }: Pick<MetricsSources, 'api' | 'runtime'>): SimulatedContainer | undefined {
  const uid = readyPrometheus(api)
  if (uid === undefined) return undefined
  return runtime
    .containers()
    .find(({ running, config, image }) => running && config.pod.metadata.uid === uid && isPrometheus(image.reference.repository))
}

/** A Prometheus as it looks from its container. */
export function scraperOf(container: SimulatedContainer, sources: MetricsSources): Scraper {
  const { metadata, status } = container.config.pod
  return { container, sources, ip: status?.podIP ?? '', namespace: metadata.namespace ?? 'default' }
}

/** The targets of a Prometheus' configuration as it is loaded. */
export function targetsOf(job: ScrapeJob, { container, sources, namespace }: Scraper): Target[] {
  const found = [
    ...job.fixed.flatMap(({ targets, labels }) => targets.map((address) => new Map([...Object.entries(labels), ['__address__', address]]))),
    ...job.discoveries.flatMap((each) => (maySee(each.role, container, sources) ? discovered(each, sources.api, namespace) : [])),
  ]
  const seen = new Set<string>()
  return found.flatMap((each): Target[] => {
    const before = new Map([['job', job.name], ['__scheme__', job.scheme], ['__metrics_path__', job.path], ...each])
    for (const [name, [value]] of Object.entries(job.params)) if (value !== undefined) before.set(`__param_${name}`, value)
    const after = relabel(job.relabeling, before)
    const given = after?.get('__address__')
    if (!after || !given) return []
    const scheme = after.get('__scheme__') ?? 'http'
    const address = /:\d+$/.test(given) ? given : `${given}:${scheme === 'https' ? 443 : 80}`
    const path = after.get('__metrics_path__') ?? '/metrics'
    const labels = new Map([...after].filter(([name, value]) => !name.startsWith('__') && value !== '' && name !== 'cluster'))
    if (!labels.has('instance')) labels.set('instance', address)
    const key = JSON.stringify([address, path, scheme, [...labels].toSorted()])
    if (seen.has(key)) return []
    seen.add(key)
    return [{ job, scheme, address, path, labels, discovered: before }]
  })
}

const listedBy = {
  node: [['', 'nodes']],
  pod: [['', 'pods']],
  service: [['', 'services']],
  ingress: [['networking.k8s.io', 'ingresses']],
  endpoints: [
    ['', 'endpoints'],
    ['', 'services'],
    ['', 'pods'],
  ],
  endpointslice: [
    ['discovery.k8s.io', 'endpointslices'],
    ['', 'services'],
    ['', 'pods'],
  ],
} as const

/** Service discovery lists and watches with the pod's service account. Roles in single namespaces do for nothing here. */
function maySee(role: keyof typeof listedBy, container: SimulatedContainer, { may }: MetricsSources): boolean {
  return listedBy[role].every(([group, resource]) =>
    may(container.config.pod, { verb: 'list', group, resource, namespace: undefined, name: undefined }),
  )
}

/** One page, as the scraper gets it now. @param briefly leaves out of a kubelet's `/metrics/resource` what its cAdvisor says too */
export function fetchPage(target: Target, scraper: Scraper, briefly: boolean): Page {
  const { sources, ip, namespace, container } = scraper
  const [host = '', port = ''] = target.address.split(/:(?=\d+$)/)
  const { network } = sources.runtime
  const place = host === 'localhost' ? { ip } : network.resolve(ip, namespace, host)
  if ('failed' in place) return { ok: false, why: place.failed }
  const node =
    port === '10250' && sources.api.list('Node').find(({ status }) => status?.addresses?.some(({ address }) => address === place.ip))
  const routes = network.routes(ip, place.ip, Number(port))
  const route = routes[Math.floor(sources.clock.now() / 5000) % routes.length]
  const secure = target.scheme === 'https'
  const token = target.job.credentials.token ?? fileOf(container, target.job.credentials.file)
  // No container has that port of a node: its kubelet does.
  if (node && route?.to === 'refused') {
    if (!secure) return { ok: false, why: 'server returned HTTP status 400 Bad Request' }
    if (token === undefined) return { ok: false, why: 'server returned HTTP status 401 Unauthorized' }
    const asked = { verb: 'get', group: '', resource: 'nodes/metrics', namespace: undefined, name: node.metadata.name }
    if (!sources.may(container.config.pod, asked)) return { ok: false, why: 'server returned HTTP status 403 Forbidden' }
    const families = kubeletPageFamilies(target.path, node, sources, briefly)
    return families === undefined ? { ok: false, why: 'server returned HTTP status 404 Not Found' } : { ok: true, families }
  }
  if (route?.to === 'kube-api') {
    if (!secure || token === undefined) return { ok: false, why: 'server returned HTTP status 403 Forbidden' }
    if (target.path !== '/metrics') return { ok: false, why: 'server returned HTTP status 404 Not Found' }
    if (!sources.may(container.config.pod, { verb: 'get', path: '/metrics' }))
      return { ok: false, why: 'server returned HTTP status 403 Forbidden' }
    return { ok: true, text: sources.apiServer() }
  }
  if (route?.to !== 'endpoint') return { ok: false, why: route?.to ?? 'refused' }
  const { endpoint } = route
  if (!endpoint.answer || endpoint.tls !== secure) return { ok: false, why: 'wrong protocol' }
  const answered = endpoint.answer(requestFor(target, secure, token), ip)
  if (answered instanceof Promise) {
    // What asks others first answers later than anyone waits here.
    answered.catch(() => undefined)
    return { ok: false, why: 'context deadline exceeded' }
  }
  const { status, body } = answered.reply
  return status === 200 ? { ok: true, text: body } : { ok: false, why: `server returned HTTP status ${status}` }
}

function requestFor({ address, path, job }: Target, secure: boolean, token: string | undefined): HttpRequest {
  const query = Object.entries(job.params)
    .flatMap(([name, values]) => values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`))
    .join('&')
  return {
    secure,
    method: 'GET',
    host: address,
    path: query === '' ? path : `${path}?${query}`,
    headers: { 'user-agent': 'Prometheus/3.7.3', accept: 'text/plain;version=0.0.4', ...(token && { authorization: `Bearer ${token}` }) },
    body: '',
  }
}

/** Its service account's own is read once: that it is renewed changes nothing here, and each time it is read it is signed. */
const accountTokens = new WeakMap<SimulatedContainer, string>()

function fileOf(container: SimulatedContainer, path: string | undefined): string | undefined {
  const known = path === accountToken ? accountTokens.get(container) : undefined
  if (path === undefined || known !== undefined) return known
  const { files } = container.machine
  const text = files.stat(path)?.kind === 'file' ? files.read(path).trim() || undefined : undefined
  if (path === accountToken && text !== undefined) accountTokens.set(container, text)
  return text
}

const accountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'
