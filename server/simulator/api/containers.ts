import { ApiError } from './door.ts'
import { badRequest, notFound } from './errors.ts'
import { isTrue } from './call.ts'
import { logOptions } from './log-options.ts'
import type { KubeletPort } from '../kubelet/port.ts'
import type { RuntimeContainer } from '../kubelet/runtime.ts'
import type { Pod } from '../resources/kinds.ts'
import type { Call } from './call.ts'
import type { ApiResponse, UpgradeAnswer } from './http.ts'
import type { Operations } from './operations.ts'

/** `log`, `exec` and `attach`: the way into containers. */
export class Containers {
  readonly #operations: Operations
  readonly #kubelets: KubeletPort

  constructor(operations: Operations, kubelets: KubeletPort) {
    this.#operations = operations
    this.#kubelets = kubelets
  }

  log(call: Call): ApiResponse {
    const { query } = call.request
    const options = logOptions(call.request.query, call.name ?? '', this.#operations.platform.clock.now())
    const pod = this.pod(call)
    const container = chosen(pod, query.get('container'))
    const headers = { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' }
    if (!pod.spec?.nodeName) return { status: 200, headers, body: '' }
    const [namespace, name] = [call.namespace ?? '', call.name ?? '']
    if (isTrue(query.get('previous') ?? 'false')) {
      const logs = this.#kubelets.previousLogs(namespace, name, container)
      if (!logs) throw badRequest(`previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`)
      return { status: 200, headers, body: logs.read(options) }
    }
    const running = this.#kubelets.containerOf(namespace, name, container)
    if (!running)
      throw badRequest(
        `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is waiting to start: ${waitingFor(pod, container)}`,
      )
    if (!isTrue(query.get('follow') ?? 'false')) return { status: 200, headers, body: running.logs.read(options) }
    return {
      status: 200,
      headers,
      body: (sink) =>
        running.logs.follow(
          options,
          (text) => sink.write(text),
          () => sink.end(),
        ),
    }
  }

  /** @throws ApiError when it is refused */
  exec(call: Call): UpgradeAnswer {
    const { query } = call.request
    const command = query.getAll('command')
    const container = this.#running(call)
    if (command.length === 0) throw badRequest('you must specify at least 1 command')
    const options = { command, tty: isTrue(query.get('tty') ?? 'false'), stdin: isTrue(query.get('stdin') ?? 'false') }
    return { accepted: true, start: (sink) => container.exec(options, sink) }
  }

  /** @throws ApiError when it is refused */
  attach(call: Call): UpgradeAnswer {
    const { query } = call.request
    const container = this.#running(call)
    const options = { tty: isTrue(query.get('tty') ?? 'false'), stdin: isTrue(query.get('stdin') ?? 'false') }
    return { accepted: true, start: (sink) => container.attach(options, sink) }
  }

  #running(call: Call): RuntimeContainer {
    const pod = this.pod(call)
    const phase = pod.status?.phase
    if (phase === 'Succeeded' || phase === 'Failed')
      throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`)
    const name = chosen(pod, call.request.query.get('container'))
    if (!pod.spec?.nodeName) throw badRequest(`pod ${call.name ?? ''} does not have a host assigned`)
    const runs = statusesOf(pod).find((status) => status.name === name)?.state?.running !== undefined
    const container = this.#kubelets.containerOf(call.namespace ?? '', call.name ?? '', name)
    if (!container || !runs) {
      const message = `unable to upgrade connection: container not found (${JSON.stringify(name)})`
      throw new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
    }
    return container
  }

  /** The pod that a call is about. @throws ApiError NotFound */
  pod(call: Call): Pod {
    const pod = this.#operations.get('Pod', call.namespace, call.name ?? '')
    if (!pod) throw notFound(call.resource, call.name ?? '')
    return pod
  }
}

/** Which container is meant. @throws ApiError BadRequest when that is not clear */
function chosen(pod: Pod, asked: string | null): string {
  const containers = (pod.spec?.containers ?? []).map(({ name }) => name)
  const inits = (pod.spec?.initContainers ?? []).map(({ name }) => name)
  const debugging = (pod.spec?.ephemeralContainers ?? []).map(({ name }) => name)
  if (asked) {
    if (![...containers, ...inits, ...debugging].includes(asked))
      throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name ?? ''}`)
    return asked
  }
  const [only] = containers
  if (containers.length === 1 && inits.length === 0 && only !== undefined) return only
  if (containers.length === 1 && only !== undefined) return only
  const choices = inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : ''
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name ?? ''}, choose one of: [${containers.join(' ')}]${choices}`,
  )
}

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]

function statusesOf({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])]
}

const PULL_FAILURES = ['ErrImagePull', 'ImagePullBackOff']

function waitingFor(pod: Pod, container: string): string {
  const reason = statusesOf(pod).find((status) => status.name === container)?.state?.waiting?.reason ?? 'ContainerCreating'
  return PULL_FAILURES.includes(reason) ? 'trying and failing to pull image' : reason
}
