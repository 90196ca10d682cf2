import { describe, expect, it } from 'vitest'
import { protobufToJson } from './kube-protobuf.ts'

describe('objects in Kubernetes’ protobuf', () => {
  it('are read with their maps, lists, quantities and inlined structs', () => {
    const pod = message(
      [1, message([1, 'web'], [11, message([1, 'app'], [2, 'web'])], [8, new Uint8Array()])],
      [
        2,
        message(
          [
            2,
            message(
              [1, 'c'],
              [2, 'nginx'],
              [8, message([1, message([1, 'cpu'], [2, message([1, '100m'])])])],
              [10, message([1, message([2, message([1, '/'], [2, message([1, 1], [2, 0], [3, 'http'])])])], [2, 5])],
            ),
          ],
          [1, message([1, 'v'], [2, message([2, new Uint8Array()])])],
          [4, 0],
        ),
      ],
    )
    expect(JSON.parse(protobufToJson(envelope('v1', 'Pod', pod)))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'nginx',
            resources: { limits: { cpu: '100m' } },
            livenessProbe: { httpGet: { path: '/', port: 'http' }, initialDelaySeconds: 5 },
          },
        ],
        volumes: [{ name: 'v', emptyDir: {} }],
        terminationGracePeriodSeconds: 0,
      },
    })
  })

  it('keep a zero that was set and leave out one that stands for nothing', () => {
    const deployment = message([2, message([1, 0], [5, 0], [7, 0])])
    expect(JSON.parse(protobufToJson(envelope('apps/v1', 'Deployment', deployment)))).toMatchObject({ spec: { replicas: 0 } })
    expect(protobufToJson(envelope('apps/v1', 'Deployment', deployment))).not.toContain('minReadySeconds')
  })

  it('carry bytes, times and negative numbers', () => {
    const secret = message([1, message([1, 's'], [8, message([1, 1_700_000_000])])], [2, message([1, 'k'], [2, new Uint8Array([1, 2])])])
    expect(JSON.parse(protobufToJson(envelope('v1', 'Secret', secret)))).toMatchObject({
      metadata: { creationTimestamp: '2023-11-14T22:13:20Z' },
      data: { k: 'AQI=' },
    })
    const priority = message([2, -5])
    expect(JSON.parse(protobufToJson(envelope('scheduling.k8s.io/v1', 'PriorityClass', priority)))).toMatchObject({ value: -5 })
  })

  it('are refused when they are something else, or not whole', () => {
    expect(() => protobufToJson(Buffer.from('{}'))).toThrow('does not appear to be a protobuf message')
    expect(() => protobufToJson(envelope('v1', 'Nonsense', new Uint8Array()))).toThrow('no kind "Nonsense" is registered for version "v1"')
    const whole = envelope('v1', 'ConfigMap', message([1, message([1, 'name'])]))
    expect(() => protobufToJson(whole.subarray(0, whole.length - 12))).toThrow()
    for (let length = 0; length < whole.length; length++) {
      try {
        JSON.parse(protobufToJson(whole.subarray(0, length)))
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
  })
})

type Field = readonly [number, string | number | Uint8Array]

function envelope(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('k8s\0'), message([1, message([1, apiVersion], [2, kind])], [2, raw], [3, ''], [4, ''])])
}

function message(...fields: Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)])
      const bytes = Buffer.from(value as string)
      return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
    }),
  )
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}
