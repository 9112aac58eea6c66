/* XML as office programs write it: no document types, no deep nesting, no endless tokens. */
#include "import_priv.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 400, TOKEN_BYTES_MAX = 4 * 1024 * 1024, ATTS_MAX = 128 };

struct parse {
	XML_Parser parser; /* owned */
	const struct xml_handler *handler;
	size_t fed;
	unsigned depth;
	int result;
};

static enum xml_space space_of(const char *name, const char **ret_local)
{
	const char *bar = strrchr(name, '|');
	size_t len = bar ? (size_t)(bar - name) : 0;

	*ret_local = bar ? bar + 1 : name;
	if (len > 0 && bytes_hold(name, len, "wordprocessingml"))
		return XML_WORD;
	if (len > 0 && bytes_hold(name, len, "markup-compatibility"))
		return XML_COMPAT;
	if (len > 5 && memcmp(bar - 5, "/math", 5) == 0)
		return XML_MATH;
	return len > 0 && bytes_hold(name, len, "package/2006/relationships") ? XML_RELATIONS
									      : XML_OTHER;
}

static void stop(struct parse *p, int result)
{
	if (p->result == 0)
		p->result = result;
	XML_StopParser(p->parser, XML_FALSE);
}

static void XMLCALL on_start(void *arg, const char *name, const char **atts)
{
	const char *local, *own[2 * ATTS_MAX + 1];
	struct parse *p = arg;
	enum xml_space space = space_of(name, &local);
	size_t n;
	int r;

	if (++p->depth > DEPTH_MAX) {
		stop(p, -EBADMSG);
		return;
	}
	for (n = 0; n < ATTS_MAX && atts[2 * n]; n++) {
		space_of(atts[2 * n], &own[2 * n]);
		own[2 * n + 1] = atts[2 * n + 1];
	}
	own[2 * n] = NULL;
	r = p->handler->start(p->handler->arg, space, local, own);
	if (r < 0)
		stop(p, r);
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct parse *p = arg;
	const char *local;
	enum xml_space space = space_of(name, &local);
	int r = p->handler->end ? p->handler->end(p->handler->arg, space, local) : 0;

	p->depth--;
	if (r < 0)
		stop(p, r);
}

static void XMLCALL on_text(void *arg, const char *s, int len)
{
	struct parse *p = arg;
	int r = p->handler->text ? p->handler->text(p->handler->arg, s, (size_t)len) : 0;

	if (r < 0)
		stop(p, r);
}

/* No office program writes one; every bomb of entities needs one. */
static void XMLCALL on_doctype(
	void *arg, const char *name, const char *system, const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(arg, -EBADMSG);
}

static int feed(void *arg, const char *data, size_t len, bool last)
{
	struct parse *p = arg;
	enum XML_Status status = XML_Parse(p->parser, data, (int)len, last);
	XML_Index at;

	if (p->result < 0)
		return p->result;
	if (status != XML_STATUS_OK)
		return XML_GetErrorCode(p->parser) == XML_ERROR_NO_MEMORY ? -ENOMEM : -EBADMSG;
	p->fed += len;
	at = XML_GetCurrentByteIndex(p->parser);
	/* an unfinished token is read again with every piece */
	return at >= 0 && p->fed - (size_t)at > TOKEN_BYTES_MAX ? -EBADMSG : 0;
}

int xml_read(struct package *package, const char *name, const struct xml_handler *handler)
{
	struct parse p = { .handler = handler };
	int r;

	p.parser = XML_ParserCreateNS(NULL, '|');
	if (!p.parser)
		return -ENOMEM;
	XML_SetUserData(p.parser, &p);
	XML_SetElementHandler(p.parser, on_start, on_end);
	XML_SetCharacterDataHandler(p.parser, on_text);
	XML_SetStartDoctypeDeclHandler(p.parser, on_doctype);
	r = package_read(package, name, feed, &p);
	XML_ParserFree(p.parser);
	return r;
}

const char *xml_attr(const char **atts, const char *name)
{
	for (; *atts; atts += 2)
		if (strcmp(atts[0], name) == 0)
			return atts[1];
	return NULL;
}

bool xml_is_on(const char **atts)
{
	const char *value = xml_attr(atts, "val");

	return !value || (strcmp(value, "0") != 0 && strcmp(value, "false") != 0 &&
				 strcmp(value, "off") != 0);
}

/* ---- relations ---- */

struct target {
	char *name;
	size_t size;
};

static int on_relation(void *arg, enum xml_space space, const char *name, const char **atts)
{
	const char *type = xml_attr(atts, "Type"), *part = xml_attr(atts, "Target");
	struct target *t = arg;
	size_t n = type ? strlen(type) : 0;

	if (space == XML_RELATIONS && strcmp(name, "Relationship") == 0 && n > 15 && part &&
		strcmp(type + n - 15, "/officeDocument") == 0)
		snprintf(t->name, t->size, "%s", part + (part[0] == '/'));
	return 0;
}

int xml_find_main(struct package *p, char *name, size_t size)
{
	struct target target = { name, size };
	struct xml_handler handler = { .start = on_relation, .arg = &target };
	int r = xml_read(p, "_rels/.rels", &handler);

	return r == -ENOENT ? 0 : r;
}
