/** Where the keys of keys lie: one file that the configuration names, or one for each use in the data directory. */
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'

type Of = Pick<Config, 'keys' | 'data_dir'>

/** Data keys of the embedded log. */
export const logKeys = ({ data_dir: dataDir }: Of): string => join(dataDir, 'keys', 'log')
export const logMaster = (config: Of): string => config.keys.sealing_key_file ?? join(logKeys(config), 'master.key')

/** What lies on Kafka. */
export const kafkaMaster = ({ keys: { sealing_key_file: named }, data_dir: dataDir }: Of): string => named ?? join(dataDir, 'keys', 'sealing.key')

/** Orders of erasures. */
export const orders = ({ data_dir: dataDir }: Of): string => join(dataDir, 'keys', 'erasures')
export const orderMaster = ({ keys: { sealing_key_file: named }, data_dir: dataDir }: Of): string => named ?? join(dataDir, 'keys', 'erasures.key')
