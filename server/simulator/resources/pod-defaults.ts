import { child, children, ensure, integer, setDefaults, text } from './draft.ts'
import type { Draft } from './object.ts'

/**
 * What a pod's spec has when it does not say: for pods and for the templates of workloads.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/v1/defaults.go
 */
export function defaultPodSpec(spec: Draft): void {
  setDefaults(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
  })
  ensure(spec, 'securityContext')
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'])
    for (const container of children(spec, list)) defaultContainer(container)
  for (const volume of children(spec, 'volumes')) defaultVolume(volume)
  if (spec['hostNetwork'] === true) {
    for (const container of children(spec, 'containers'))
      for (const port of children(container, 'ports')) setDefaults(port, { hostPort: integer(port, 'containerPort') ?? 0 })
  }
  const account = text(spec, 'serviceAccountName') ?? text(spec, 'serviceAccount')
  if (account) Object.assign(spec, { serviceAccountName: account, serviceAccount: account })
}

/** `latest`, explicit or implied, is always pulled. */
export function defaultPullPolicy(image: string): string {
  if (image.includes('@') || image !== image.trim()) return 'IfNotPresent'
  const last = image.slice(image.lastIndexOf('/') + 1)
  const tag = last.includes(':') ? last.slice(last.indexOf(':') + 1) : 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultContainer(container: Draft): void {
  setDefaults(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: defaultPullPolicy(text(container, 'image') ?? ''),
  })
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(child(container, probe))
  const lifecycle = child(container, 'lifecycle')
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(child(child(lifecycle, hook), 'httpGet'))
  for (const variable of children(container, 'env')) {
    const field = child(child(variable, 'valueFrom'), 'fieldRef')
    if (field) setDefaults(field, { apiVersion: 'v1' })
    const resource = child(child(variable, 'valueFrom'), 'resourceFieldRef')
    if (resource) setDefaults(resource, { divisor: '0' })
  }
}

function defaultProbe(probe: Draft | undefined): void {
  if (!probe) return
  for (const [field, value] of Object.entries({ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })) {
    if (!probe[field]) probe[field] = value
  }
  defaultHttpGet(child(probe, 'httpGet'))
  const grpc = child(probe, 'grpc')
  if (grpc && grpc['service'] === undefined) grpc['service'] = ''
}

function defaultHttpGet(action: Draft | undefined): void {
  if (action) setDefaults(action, { path: '/', scheme: 'HTTP' })
}

const SOURCES_WITH_MODE = ['configMap', 'secret', 'downwardAPI', 'projected']

/** A volume that says nothing is an emptyDir. */
export function defaultVolume(volume: Draft): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume['emptyDir'] = {}
  const image = child(volume, 'image')
  if (image) setDefaults(image, { pullPolicy: image['reference'] ? defaultPullPolicy(text(image, 'reference') ?? '') : 'IfNotPresent' })
  for (const source of SOURCES_WITH_MODE) {
    const found = child(volume, source)
    if (found && found['defaultMode'] === undefined) found['defaultMode'] = 420
  }
  const hostPath = child(volume, 'hostPath')
  if (hostPath && hostPath['type'] === undefined) hostPath['type'] = ''
  for (const item of children(child(volume, 'downwardAPI'), 'items')) defaultFieldRef(item)
  for (const source of children(child(volume, 'projected'), 'sources')) {
    for (const item of children(child(source, 'downwardAPI'), 'items')) defaultFieldRef(item)
    const token = child(source, 'serviceAccountToken')
    if (token && token['expirationSeconds'] === undefined) token['expirationSeconds'] = 3600
  }
  const claim = child(child(child(volume, 'ephemeral'), 'volumeClaimTemplate'), 'spec')
  if (claim) setDefaults(claim, { volumeMode: 'Filesystem' })
}

function defaultFieldRef(item: Draft): void {
  const field = child(item, 'fieldRef')
  if (field) setDefaults(field, { apiVersion: 'v1' })
}

/** Limits stand in for absent requests; only pods have this, not templates. */
export function defaultRequests(spec: Draft): void {
  for (const container of [...children(spec, 'containers'), ...children(spec, 'initContainers')]) {
    const limits = child(child(container, 'resources'), 'limits')
    if (!limits) continue
    const requests = ensure(ensure(container, 'resources'), 'requests')
    for (const [resource, limit] of Object.entries(limits)) if (requests[resource] === undefined) requests[resource] = limit
  }
}
