import { definitionDetectorContract } from '../../test/contract/definition-detector.ts'
import { changedDefinition } from './detector.ts'

definitionDetectorContract(changedDefinition, /ssh|example|DE00|conversation history|rules that you/)
