"""Histories in which a promise was once broken by a fault of ours. Each is played in every `make test`."""

FOUND = {
    1580: "a failed run whose end could not be kept was tried again when its order came twice",
    289: "what was verified was called failed, for the disk was full when that should be noted",
    595: "a run whose end could not be kept on disk was said to have never begun",
    275: "a run that had written before the agent was killed was called failed, for the disk was full then",
    15: "killed between the two files that say “verified”, a run was called failed when its order came again",
}
