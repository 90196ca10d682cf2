import { summaryOf } from '../metrics/summary.ts'
import { kubeletPage } from '../metrics/pages.ts'
import type { ApiResponse } from '../api/http.ts'
import type { MetricsSources } from '../metrics/pages.ts'

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'

/** What the kubelets' own servers (port 10250) answer. @see pkg/kubelet/server/server.go for their paths */
export function kubeletServer(sources: MetricsSources): (node: string, path: string, query: URLSearchParams) => ApiResponse {
  return (node, path) => {
    switch (path.replace(/\/+$/, '') || '/') {
      case '/healthz':
      case '/healthz/ping':
      case '/healthz/log':
      case '/healthz/syncloop':
        return text('text/plain; charset=utf-8', 'ok')
      case '/metrics':
      case '/metrics/cadvisor':
      case '/metrics/probes':
      case '/metrics/resource': {
        const found = sources.api.get('Node', undefined, node)
        return text(METRICS_TYPE, (found && kubeletPage(path.replace(/\/+$/, ''), found, sources)) ?? '')
      }
      case '/stats/summary':
        return json(summaryOf(node, sources))
      case '/pods':
        return json({
          kind: 'PodList',
          apiVersion: 'v1',
          metadata: {},
          items: sources.api.list('Pod').filter(({ spec }) => spec?.nodeName === node),
        })
      case '/configz':
        return json({ kubeletconfig: kubeletConfig })
      default:
        return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' }
    }
  }
}

/** What the simulated kubelets go by. @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
const kubeletConfig = {
  port: 10_250,
  maxPods: 110,
  clusterDomain: 'cluster.local',
  cgroupDriver: 'systemd',
  failSwapOn: true,
  serializeImagePulls: false,
  evictionHard: {
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
  },
  nodeStatusUpdateFrequency: '10s',
  nodeLeaseDurationSeconds: 40,
  syncFrequency: '1m0s',
  podsPerCore: 0,
  kind: 'KubeletConfiguration',
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
}

function text(type: string, body: string): ApiResponse {
  return { status: 200, headers: { 'content-type': type }, body }
}

function json(value: object): ApiResponse {
  return text('application/json', JSON.stringify(value))
}
