"""The prompt files and material presets as they ship; PROMPTS_DIR gets copies of them."""
