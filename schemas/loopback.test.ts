import { describe, expect, it } from 'vitest'
import { isLoopback } from './loopback.ts'

describe('isLoopback', () => {
  it.each([
    '127.0.0.1', '127.8.9.1', '127.255.255.255', '::1', '[::1]', '0:0:0:0:0:0:0:1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1', '[::ffff:127.0.0.1]', '::FFFF:7f00:1',
    '::1%lo', '[::1%lo]',
  ])('%s is', (host) => expect(isLoopback(host)).toBe(true))

  it.each([
    '', '0.0.0.0', '::', '[::]', '10.0.0.1', '126.255.255.255', '128.0.0.0', '192.0.2.1', '::ffff:10.0.0.1', '::2', 'fe80::1%lo', 'fe80::1',
    '127.0.0.1.evil.test', '127.0.0.1.', 'localhost.evil.test', 'evil-localhost', 'localhost.', 'xlocalhost', 'example.test', 'evil.test#127.0.0.1', '127.0.0.1@evil.test',
    '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.01', '127.0.0.256', '127.0.0.1:80', '[127.0.0.1]', '[::1', '::1]', '[[::1]]', '::127.0.0.1', '64:ff9b::7f00:1',
    ' 127.0.0.1', '127.0.0.1\n', 'localhost\n', '127.0.0.1\u0000.evil.test', '１２７.0.0.1',
  ])('%j is not', (host) => expect(isLoopback(host)).toBe(false))
})
