"""The generated training corpus of the demo models: grammars, word lists and task generators."""
