"""The pages and the partner API of intake."""
