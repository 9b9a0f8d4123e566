"""The nouns of vfa: frozen values that check themselves, free of files and algorithms."""
