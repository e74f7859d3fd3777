import { definitionDetectorContract } from '../../test/contract/definition-detector.ts'
import { poisonedDescription } from './detector.ts'

definitionDetectorContract(poisonedDescription, /ssh|example|DE00|conversation history|rules that you/)
