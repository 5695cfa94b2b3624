"""The icons: 24 px, stroke 1.75, drawn for this project; only those used reach a page."""

# name: what stands inside the svg element; class "f" is the part that fills when chosen
ICONS: dict[str, str] = {
    "back": '<path d="m14.5 5-7 7 7 7"/>',
    "bell": '<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4"/>',
    "big": '<path d="M3 19 8.5 5 14 19M5 14.5h7M15 19l3-7.5 3 7.5M16 16.7h4"/>',
    "box": (
        '<path d="M4 8.3 12 4.5l8 3.8v8L12 20l-8-3.7zM4 8.3l8 3.7 8-3.7M12 12v8M8 6.4l8 3.8v3"/>'
    ),
    "broom": (
        '<path d="m19.5 3.5-7 8.5M9.5 11l5.5 4.5M9.5 11c-2.4.3-4.8 2-6 5.5l6.7 4.2c3.3-1 '
        '4.8-2.7 4.8-5.2M7.3 15.3l-1 2.7M10.3 17.2l-.9 2.9"/>'
    ),
    "car": (
        '<path d="M4 17.5v-4.7l1.9-5.3c.2-.6.7-1 1.4-1h9.4c.7 0 1.2.4 1.4 1l1.9 5.3v4.7M4 '
        '12.8h16M4 17.5h16M6 17.5v1.8M18 17.5v1.8M7 15.2h1.6M15.4 15.2H17"/>'
    ),
    "care": (
        '<path d="M12 11.5S7.8 9 7.8 6.3C7.8 4 10.6 3.5 12 5.7c1.4-2.2 4.2-1.7 4.2.6 0 '
        "2.7-4.2 5.2-4.2 5.2zM3.5 15.5h3l2.7-1.6c.7-.4 1.5-.4 2.2 0l2.2 1.4c1 .7.5 2.2-.7 "
        '2.2h-2.6M13.8 16.6l4.6-1.9c1.6-.6 2.7 1 1.5 2l-4.5 3.3c-.5.3-1 .5-1.7.5H3.5"/>'
    ),
    "chart": '<path d="M4 4v16h16M8 15.5l3.5-4.5 3 2.5L19.5 7"/>',
    "check": '<path d="m5 12.5 4.6 4.6L19 7.4"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.3l3.3 2"/>',
    "coin": (
        '<circle cx="12" cy="12" r="8.5"/><path d="m8.5 7.5 3.5 4.7 3.5-4.7M12 12.2V17M9 '
        '12.7h6M9 15h6"/>'
    ),
    "cols": '<path d="M4 4.5h16v15H4zM9.3 4.5v15M14.7 4.5v15"/>',
    "cup": (
        '<path class="f" d="M4.5 10h12v5.5a4.5 4.5 0 0 1-4.5 4.5H9a4.5 4.5 0 0 1-4.5-4.5z"/>'
        '<path d="M16.5 11.5h1.2a2.3 2.3 0 0 1 0 4.6h-1.3M8.4 3.6c-.9 1.2.9 1.9 0 3.2M12.4 '
        '3.6c-.9 1.2.9 1.9 0 3.2"/>'
    ),
    "down": '<path d="m6 9.5 6 6 6-6"/>',
    "draft": '<path d="M6 3.5h8.5L18.5 8v12.5H6zM14 3.5V8h4.5M9 13.5l2 2 4-4.5"/>',
    "eye": (
        '<path d="M2.8 12S6 6 12 6s9.2 6 9.2 6-3.2 6-9.2 6-9.2-6-9.2-6z"/><circle cx="12" '
        'cy="12" r="2.7"/>'
    ),
    "file": '<path d="M6 3.5h8.5L18.5 8v12.5H6zM14 3.5V8h4.5M9 12.5h6M9 16h6"/>',
    "get": '<path d="M12 4.5v11M7.5 11l4.5 4.5 4.5-4.5M4.5 19.5h15"/>',
    "gift": (
        '<path d="M4 11h16v9H4zM3 7h18v4H3zM12 7v13M12 7C9.5 7 7.5 6 7.5 4.6 7.5 2.8 11 2.9 '
        '12 7c1-4.1 4.5-4.2 4.5-2.4C16.5 6 14.5 7 12 7"/>'
    ),
    "go": '<path d="m9.5 5.5 6.5 6.5-6.5 6.5"/>',
    "home": (
        '<path class="f" d="M4 11.2 12 4.5l8 6.7V19a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z"/><path '
        'd="M9.5 20v-4.2a2.5 2.5 0 0 1 5 0V20"/>'
    ),
    "hut": '<path d="M3.5 11 12 4l8.5 7M6 9.5V20h12V9.5M10 20v-5.5h4V20"/>',
    "inbox": (
        '<path d="M4 13.5 6.5 5h11L20 13.5V19H4zM4 13.5h4.5c.3 1.7 1.6 2.7 3.5 2.7s3.2-1 '
        '3.5-2.7H20"/>'
    ),
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.7v.3"/>',
    "keys": '<path d="M3 6.5h18v11H3zM6.5 10h.1M10 10h.1M13.5 10h.1M17 10h.1M8 14h8"/>',
    "link": (
        '<path d="M9.5 14.5 14.5 9.5M11 7l2-2a4.2 4.2 0 0 1 6 6l-2 2M13 17l-2 2a4.2 4.2 0 0 '
        '1-6-6l2-2"/>'
    ),
    "lock": (
        '<rect x="5" y="10.5" width="14" height="9.5" rx="1.5"/><path d="M8 10.5V8a4 4 0 0 1 '
        '8 0v2.5"/>'
    ),
    "map": '<path d="M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z"/>',
    "maybe": (
        '<circle cx="12" cy="12" r="8.5" stroke-dasharray="3.2 3"/><path d="M9.8 9.9c.2-1.3 '
        '1.1-2 2.3-2s2.2.8 2.2 2c0 1.7-2.2 1.7-2.2 3.5M12.1 16.1v.1"/>'
    ),
    "me": (
        '<circle class="f" cx="12" cy="8.2" r="3.7"/><path class="f" d="M4.8 20c.5-3.9 3.5-6 '
        '7.2-6s6.7 2.1 7.2 6z"/>'
    ),
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "minus": '<path d="M5 12h14"/>',
    "nav": '<path d="M20 4 4 11.2l7 1.8 1.8 7z"/>',
    "no": '<circle cx="12" cy="12" r="8.5"/><path d="M8.3 12h7.4"/>',
    "off": (
        '<path d="M3.5 9.5A12.5 12.5 0 0 1 8 7M12 6c3.2 0 6.2 1.2 8.5 3.5M6.5 13a8 8 0 0 1 '
        '4-2M15 11.7c1 .4 1.8.8 2.5 1.5M9.8 16.3a3.2 3.2 0 0 1 4.4 0M4 4l16 16"/>'
    ),
    "out": '<path d="M10 4.5H5v15h5M14 8l4.5 4-4.5 4M18 12H9.5"/>',
    "people": (
        '<circle cx="9" cy="8" r="3.5"/><path d="M2.8 20c.6-3.6 3-5.5 6.2-5.5s5.6 1.9 6.2 '
        '5.5M15.5 4.9a3.3 3.3 0 0 1 0 6.2M17.6 14.9c2 .7 3.2 2.4 3.6 5.1"/>'
    ),
    "phone": (
        '<path d="M6.2 4.5h2.6l1.3 3.7-1.7 1.5a11 11 0 0 0 5.9 5.9l1.5-1.7 3.7 1.3v2.6a1.7 '
        '1.7 0 0 1-1.8 1.7A14.3 14.3 0 0 1 4.5 6.3a1.7 1.7 0 0 1 1.7-1.8z"/>'
    ),
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "print": '<path d="M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6.5H7z"/>',
    "scoot": (
        '<circle cx="6" cy="17.5" r="2.5"/><circle cx="18" cy="17.5" r="2.5"/><path d="M8.5 '
        '17.5h4.7c.3-3 1.9-4.7 4.3-5.2L15.8 6H13M4 13.5h7M4 8h5.5v5.5H4z"/>'
    ),
    "search": '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>',
    "shield": (
        '<path d="M12 3.5 19 6v5.5c0 4.3-2.7 7.4-7 9-4.3-1.6-7-4.7-7-9V6zM12 8.5v6M9 11.5h6"/>'
    ),
    "talk": (
        '<path class="f" d="M12 4c4.7 0 8.5 3 8.5 7s-3.8 7-8.5 7c-.9 0-1.8-.1-2.6-.3L5 '
        '20l.9-3.9C4.4 14.8 3.5 13 3.5 11c0-4 3.8-7 8.5-7z"/><path d="M9.3 9.7c0-1.3 1.2-1.7 '
        "1.9-1.1.5.4.8.9.8.9s.3-.5.8-.9c.7-.6 1.9-.2 1.9 1.1 0 1.5-2.7 3.2-2.7 "
        '3.2s-2.7-1.7-2.7-3.2z"/>'
    ),
    "ticket": (
        '<path class="f" d="M4.5 6.5h15a1 1 0 0 1 1 1v2.2a2.3 2.3 0 0 0 0 4.6v2.2a1 1 0 0 '
        '1-1 1h-15a1 1 0 0 1-1-1v-2.2a2.3 2.3 0 0 0 0-4.6V7.5a1 1 0 0 1 1-1z"/><path d="m9 '
        '12 2.2 2.2L15.2 10"/>'
    ),
    "todo": (
        '<path d="M4 6.5 5.5 8 8 5M4 13l1.5 1.5L8 11.5M4 19.5 5.5 21 8 18M12 6.5h8M12 '
        '13h8M12 19.5h8"/>'
    ),
    "tree": (
        '<rect x="9" y="3" width="6" height="5" rx="1"/><rect x="3" y="16" width="6" '
        'height="5" rx="1"/><rect x="15" y="16" width="6" height="5" rx="1"/><path d="M12 '
        '8v4M6 16v-4h12v4"/>'
    ),
    "truck": (
        '<path d="M3 6h10.5v10.5H3zM13.5 9.5h4l3.5 3.7v3.3h-7.5"/><circle cx="7.2" cy="17.5" '
        'r="2"/><circle cx="17" cy="17.5" r="2"/>'
    ),
    "undo": '<path d="M4.5 9.5H15a5 5 0 0 1 0 10H9M8.5 5.5l-4 4 4 4"/>',
    "upload": '<path d="M12 15.5V4.5M7.5 9 12 4.5 16.5 9M4.5 15.5v4h15v-4"/>',
    "warn": '<path d="M12 4 3.2 19.5h17.6zM12 10v4.5M12 17v.1"/>',
    "x": '<path d="M6 6l12 12M18 6 6 18"/>',
    "yes": '<circle cx="12" cy="12" r="8.5"/><path d="m8.2 12.3 2.7 2.7 5-5.4"/>',
}

# The mark of the platform: a sun over a horizon, white on the brand's red.
BRAND_MARK = (
    '<svg viewBox="0 0 26 26" aria-hidden="true"><rect width="26" height="26" rx="6" '
    'fill="#C8321F"/><path d="M6 17.5h14M8.5 17.5a4.5 4.5 0 0 1 9 0M13 6.5v3M6.9 9.4l1.9 2'
    'M19.1 9.4l-1.9 2" fill="none" stroke="#fff" stroke-width="1.9" stroke-linecap="round"/></svg>'
)

# Drawings for a page that has nothing to show; 168 by 112, lines in --nx-rule, one line hot.
DRAWINGS: dict[str, str] = {
    "pages": (
        '<path d="M34 14h46v72H34z"/><path d="M44 30h26M44 42h18M44 54h26M44 66h14"/>'
        '<path class="paper" d="M88 26h46v72H88z"/><path d="M98 42h26M98 66h26M98 78h14"/>'
        '<path class="hot" d="M98 54h22M62 42h6"/>'
    ),
    "house": (
        '<path d="M14 96h140"/><path d="M48 96V52l36-26 36 26v44"/><path d="M38 59 84 26l46 33"/>'
        '<path class="hot" d="M74 96V70h20v26"/><path d="M104 60h10v10h-10zM54 60h10v10H54z"/>'
        '<path d="M136 96V80m-6 4 6-6 6 6M24 96V84m-4 2 4-5 4 5"/>'
    ),
    "list": (
        '<path d="M44 16h80v82H44z"/><path d="M72 36h40M72 56h40M72 76h26"/>'
        '<path d="M54 34l3 3 6-7M54 54l3 3 6-7"/><path class="hot" d="M54 76h9"/>'
    ),
    "plug": (
        '<path d="M14 96h140"/><path d="M22 60c14-20 30 16 44-4"/><path d="M66 48h14v20H66z"/>'
        '<path class="hot" d="M88 54h6M88 62h6"/><path d="M102 48h14v20h-14z"/>'
        '<path d="M116 58c14-16 24 12 36-6"/>'
    ),
}
