/* What the files of src/view share. */
#pragma once

#include "planfs/view.h"

/* Make the text of a view. Returns 0, -ENOMEM, or the error of the database. */
typedef int view_render_fn(const struct view_source *v, struct buf *ret_text);

view_render_fn readme_render;
view_render_fn status_render;
