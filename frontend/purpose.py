"""What Casebook is for, and what not; shown wherever it answers."""

PURPOSE = "Answers from case studies of NHS provider collaboratives, with the passage behind every sentence."
INTENDED_USE = "Not for clinical decisions about a patient."
