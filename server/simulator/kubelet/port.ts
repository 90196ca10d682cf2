import type { LogSource, RuntimeContainer } from './runtime.ts'

/** What the API server asks of the kubelets: the way to a container's logs and processes. */
export interface KubeletPort {
  /** The container as its kubelet runs it (or has last run it) now; undefined while it has never been made. */
  containerOf(namespace: string, pod: string, container: string): RuntimeContainer | undefined
  /** The logs of the container's run before the current one, for `logs --previous`. */
  previousLogs(namespace: string, pod: string, container: string): LogSource | undefined
}
