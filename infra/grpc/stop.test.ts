import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { expect, it } from 'vitest'
import { RPC_STATUS } from '../../schemas/rpc.ts'
import { startGrpcServer } from './server.ts'

it('answers UNAVAILABLE to a call that it cannot finish when it stops', async () => {
  let arrived = (): void => undefined
  const here = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const server = await startGrpcServer({
    name: 'Test', host: '127.0.0.1', port: 0, maxMessageBytes: 1000, stopTimeoutMs: 20,
    handlers: new Map([['/test.Service/Stuck', {
      admit: () => undefined,
      answer: () => {
        arrived()
        return new Promise(() => undefined)
      },
    }], ['/test.Service/Quick', { admit: () => undefined, answer: () => Promise.resolve({ status: RPC_STATUS.ok, message: Buffer.from('done') }) }]]),
  })
  const client = new Client(`127.0.0.1:${server.address.port}`, credentials.createInsecure())
  const same = (bytes: Buffer): Buffer => bytes
  const call = (method: string) => new Promise<ServiceError | Buffer>((resolve) => {
    client.makeUnaryRequest(`/test.Service/${method}`, same, same, Buffer.from('x'), new Metadata(), (error, answer) => resolve(error ?? answer ?? Buffer.alloc(0)))
  })
  expect(await call('Quick')).toEqual(Buffer.from('done'))
  const stuck = call('Stuck')
  await here
  await Promise.all([server.stop(), server.stop()])
  expect(await stuck).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringContaining('stopping') as string })
  client.close()
})
