import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Cumulative sum in standard deviations from which a climb is told, and from which as more. */
  low: z.number().min(2).max(50).default(5),
  medium: z.number().min(2).max(50).default(12),
  /** Deviations a day that are let pass; least deviation on the log scale. */
  slack: z.number().min(0).max(3).default(0.5),
  minScale: z.number().min(0.1).max(3).default(0.5),
  /** How many times the usual it has to be. */
  factor: z.number().min(1).max(100).default(2),
  /** Days with something sent before those that are judged, before they are believed. */
  minDays: z.number().int().min(3).max(60).default(8),
  /** Bytes of a day below which nothing is a leak. */
  minBytes: z.number().int().min(100).default(20_000),
  /** A drip: bytes in all, on so many days of the first `dripAge` of a destination that nobody else uses; and bytes from which it is more. */
  dripBytes: z.number().int().min(1_000).default(20_000),
  dripMuch: z.number().int().min(1_000).default(50_000),
  dripDays: z.number().int().min(2).max(30).default(5),
  dripAge: z.number().int().min(5).max(90).default(30),
  /** Destinations that a tenant has to know, for so many days, before one that comes is young; and most that are remembered (32 bytes each). */
  companyDays: z.number().int().min(0).max(365).default(8),
  minCompany: z.number().int().min(1).max(100_000).default(10),
  maxCompany: z.number().int().min(64).max(100_000).default(5_000),
  /** Days after a finding in which the same is not told again. */
  restDays: z.number().int().min(1).max(90).default(14),
  /** Days with something sent that are kept (8 bytes each); days after which a quiet destination is forgotten. */
  maxDays: z.number().int().min(20).max(120).default(60),
  keepDays: z.number().int().min(30).max(3650).default(120),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'slow-leak',
  version: 1,
  title: 'A slow leak',
  description:
    'Bytes that each actor sends to each outside destination a day (to a tool that sends, where it names none). Told is a climb over the last 7 or 30 days against the days before, by a cumulative sum, and a drip: ' +
    'something on many days to a young destination that nobody else uses.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'arguments_bytes', 'effect', 'arguments'],
  wants: ['request_fit', 'argument_sources', 'server'],
  blindSpots: [
    'Where sizes of arguments are not known.',
    'A leak in more calls of the same size on more days, to a destination that was always used.',
    'What is written inside the company and taken from there.',
    'A leak spread over many destinations.',
  ],
  benign: ['A report, a customer or a project that grows.', 'A new partner to whom material goes regularly.', 'The end of a quarter.'],
  runbook: [
    'Put the days side by side: what was sent each time, and who asked for it?',
    'See what the actor read shortly before each of them.',
    'If nobody wanted it: block the destination, revoke the token, and add up what left since it began.',
  ],
  maps: { owaspMcp2025: ['MCP10'], atlas5: ['AML.T0086'], attack19: ['T1030', 'T1567', 'T1020'] },
}
