import { badRequest } from './errors.ts'
import type { ClusterNetwork } from '../network/network.ts'
import type { Platform } from '../platform.ts'
import type { Pod } from '../resources/kinds.ts'
import type { ForwardedPort } from './http.ts'

/** The way to a pod's ports, those bound to 127.0.0.1 too: connections are made inside the pod. @throws ApiError BadRequest */
export function forwarderTo(pod: Pod, network: () => ClusterNetwork, { sha256 }: Platform): (port: number) => Promise<ForwardedPort> {
  if (!pod.spec?.nodeName) throw badRequest(`pod ${pod.metadata.name ?? ''} does not have a host assigned`)
  const sandbox = sha256(`sandbox/${pod.metadata.uid}`)
  return async (port) => {
    const ip = pod.status?.podIP ?? ''
    const dialled = await network().dial(ip, '127.0.0.1', port)
    if (dialled.result === 'open') return { ok: true, tls: dialled.tls, accept: dialled.accept }
    return { ok: false, message: refusal(port, sandbox) }
  }
}

/** In the words of containerd and the kubelet. Source: containerd internal/cri/server/sandbox_portforward_linux.go */
function refusal(port: number, sandbox: string): string {
  const namespace = `/var/run/netns/cni-${[8, 4, 4, 4, 12].map((length, at) => sandbox.slice(at * 12, at * 12 + length)).join('-')}`
  const four = `IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused`
  const six = `IPv6 dial tcp6 [::1]:${port}: connect: connection refused`
  const inside = `failed to connect to localhost:${port} inside namespace "${sandbox}", ${four} ${six} `
  return `error forwarding port ${port} to pod ${sandbox}, uid : failed to execute portforward in network namespace "${namespace}": ${inside}`
}
