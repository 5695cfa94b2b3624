"""How pages look and speak: template tags, components, error pages, the gallery."""
