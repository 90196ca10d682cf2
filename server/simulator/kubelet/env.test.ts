import { describe, expect, it } from 'vitest'
import type { Container, Pod, Service } from '../resources/kinds.ts'
import { expand, resolveEnv } from './env.ts'

describe('a container’s environment', () => {
  it('tells it where the services of its namespace are, and the API', () => {
    expect(env({ name: 'c' })).toMatchObject({
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      MY_WEB_SERVICE_HOST: '10.96.0.7',
      MY_WEB_PORT: 'tcp://10.96.0.7:80',
      MY_WEB_PORT_80_TCP_ADDR: '10.96.0.7',
    })
    expect(env({ name: 'c' })).not.toHaveProperty('ELSEWHERE_SERVICE_HOST')
  })

  it('takes values from ConfigMaps, Secrets and the pod itself', () => {
    const container: Container = {
      name: 'c',
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'config' } }],
      env: [
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'secret', key: 'password' } } },
        { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        { name: 'URL', value: 'http://$(IP)/$(NOT_SET)/$$(IP)' },
      ],
      resources: { limits: { memory: '1Gi' } },
    }
    expect(env(container)).toMatchObject({
      P_A: '1',
      NAME: 'web',
      IP: '10.32.0.5',
      PASSWORD: 'hunter2',
      LIMIT: '1024',
      URL: 'http://10.32.0.5/$(NOT_SET)/$(IP)',
    })
  })

  it('cannot be made when what it refers to is missing, unless that is optional', () => {
    expect(resolved({ name: 'c', envFrom: [{ configMapRef: { name: 'missing' } }] })).toEqual({
      ok: false,
      message: 'configmap "missing" not found',
    })
    const key = (optional: boolean): Container => ({
      name: 'c',
      env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'config', key: 'nope', optional } } }],
    })
    expect(resolved(key(false))).toEqual({ ok: false, message: "couldn't find key nope in ConfigMap default/config" })
    expect(resolved(key(true)).ok).toBe(true)
  })

  it('expands only variables that are known', () => {
    expect(expand('$(A) $(B) $$(A) $A', { A: 'x' })).toBe('x $(B) $(A) $A')
  })
})

const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec: { containers: [] } }

function service(name: string, namespace: string, clusterIP: string, port: number, portName?: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { clusterIP, ports: [{ port, ...(portName ? { name: portName } : {}) }] },
  }
}

function resolved(container: Container): ReturnType<typeof resolveEnv> {
  return resolveEnv(pod, container, {
    configMap: (name) => (name === 'config' ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { A: '1' } } : undefined),
    secret: (name) =>
      name === 'secret' ? { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { password: 'aHVudGVyMg==' } } : undefined,
    services: [
      service('kubernetes', 'default', '10.96.0.1', 443, 'https'),
      service('my-web', 'default', '10.96.0.7', 80),
      service('elsewhere', 'other', '10.96.0.8', 80),
    ],
    node: undefined,
    podIP: '10.32.0.5',
    hostIP: '10.0.0.10',
  })
}

function env(container: Container): { readonly [name: string]: string } {
  const result = resolved(container)
  return result.ok ? result.env : {}
}
